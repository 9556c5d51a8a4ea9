import { resolve } from "node:path";
import { Command } from "commander";
import type { EncryptionStatus, EncryptionStep } from "../server/encryption/encryption.ts";
import { type AdministratorFlags, kubeconfigOption } from "./administrator.ts";
import { dataDirOption } from "./data_dir.ts";
import { type OutputFlags, outputOption, printData } from "./output.ts";
import { table } from "./table.ts";
import { forUser } from "./user_errors.ts";

const STEPS: readonly (readonly [EncryptionStep, string])[] = [
  ["enable", "encrypt all Secrets, those that are there and those to come"],
  ["disable", "write all Secrets as plain text again"],
  ["rotate-keys", "make a new key, encrypt all Secrets with it, and forget the old one"],
  ["prepare", "for several servers: make a new key, which writes nothing yet"],
  ["rotate", "for several servers: write with the new key from now on"],
  ["reencrypt", "encrypt all Secrets with the key that writes, and forget the others"],
];

/** `skiff secrets-encrypt`: encryption of Secrets in the datastore, changed while the server runs. */
export function secretsEncryptCommand(): Command {
  const command = new Command("secrets-encrypt").description(
    "encrypt Secrets in the datastore: whoever gets hold of it or of a snapshot cannot read them",
  );
  command.addCommand(
    common("status", "show whether Secrets are encrypted, and with which keys").addOption(outputOption())
      .action((flags: AdministratorFlags & OutputFlags) =>
        forUser(async () => {
          const status = await ask(flags);
          if (flags.output === "table") console.log(describe(status));
          else await printData(flags.output, status);
        })
      ),
  );
  for (const [step, description] of STEPS) {
    command.addCommand(
      common(step, description).action((flags: AdministratorFlags) =>
        forUser(async () => console.log(describe(await ask(flags, step))))
      ),
    );
  }
  return command.addHelpText(
    "after",
    "\nThe keys lie in server/cred/encryption-config.json of the data directory. They are in no snapshot: keep a copy of the file\n" +
      "apart from the snapshots. Servers that share a datastore need the same file: for new keys, run prepare on one, copy the\n" +
      "file to the others and restart them, and do so again after rotate and reencrypt.",
  );
}

function common(name: string, description: string): Command {
  return new Command(name).description(description)
    .addOption(dataDirOption("the data directory of the running server"))
    .addOption(kubeconfigOption());
}

async function ask({ dataDir, kubeconfig }: AdministratorFlags, step?: EncryptionStep): Promise<EncryptionStatus> {
  const [{ askServerJson }, { ENCRYPTION_PATH }] = await Promise.all([
    import("./running_server.ts"),
    import("../server/encryption/encryption_routes.ts"),
  ]);
  const question = { path: ENCRYPTION_PATH, kubeconfig, ...step !== undefined && { body: { step } } };
  return await askServerJson(resolve(dataDir), question) as EncryptionStatus;
}

function describe({ enabled, keys, secrets, plain, stale, configuration }: EncryptionStatus): string {
  const rows = keys.map((
    name,
    i,
  ) => [name, enabled && i === 0 ? "writes and reads" : "reads", `${secrets[name] ?? 0}`]);
  if (plain > 0 || !enabled) rows.push(["plain text", enabled ? "reads" : "writes and reads", `${plain}`]);
  const lines = [
    `encryption: ${enabled ? "enabled" : "disabled"}`,
    ...keys.length > 0 ? [`keys: ${configuration}`] : [],
    "",
    table(["KEY", "USE", "SECRETS"], rows),
  ];
  if (stale > 0) {
    lines.push(
      "",
      `${stale} Secrets are not written so yet; do it with: skiff secrets-encrypt ${enabled ? "reencrypt" : "disable"}`,
    );
  }
  return lines.join("\n");
}
