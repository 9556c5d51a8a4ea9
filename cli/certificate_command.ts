import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { dataDirOption } from "./data_dir.ts";
import { UserError } from "./error.ts";
import { collect } from "./flag_adder.ts";
import { type OutputFlags, outputOption, print } from "./output.ts";
import { forUser } from "./user_errors.ts";

interface DataDirFlags {
  readonly dataDir: string;
}

interface RotateFlags extends DataDirFlags {
  readonly service: readonly string[];
}

interface RotateCaFlags extends DataDirFlags {
  readonly path?: string;
  readonly force: boolean;
  readonly forgetOld: boolean;
}

const DAY = 86_400_000;

/** `skiff certificate`: the certificates of this machine, on its disk. */
export function certificateCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("certificate").description("look at this machine's certificates, and make them anew");
  command.addCommand(
    common("check", "show all certificates and how long they last; fails when one has expired")
      .addOption(outputOption())
      .action((flags: DataDirFlags & OutputFlags) => forUser(async () => finish(await check(flags)))),
  );
  command.addCommand(
    common("rotate", "make the server's own certificates and keys anew; a running one takes them within the hour")
      .option("-s, --service <name>", "only those of admin or api-server (repeatable)", collect, [])
      .action((flags: RotateFlags) => forUser(() => rotate(flags))),
  );
  command.addCommand(
    common(
      "rotate-ca",
      "make a new cluster authority, which the present one vouches for; a running server takes it within the hour",
    )
      .option("--path <dir>", "take server-ca.crt and server-ca.key of this directory instead")
      .option("--force", "take them even if nobody will trust them who knows the present one", false)
      .option("--forget-old", "end the trust in the authorities before the present one", false)
      .action((flags: RotateCaFlags) => forUser(() => rotateCa(flags))),
  );
  return command;
}

function common(name: string, description: string): Command {
  return new Command(name).description(description)
    .addOption(dataDirOption("the data directory of the server or agent"));
}

async function check(flags: DataDirFlags & OutputFlags): Promise<number> {
  const { inspectCertificates } = await import("../server/pki/inspect.ts");
  const dataDir = resolve(flags.dataDir);
  const now = Date.now();
  // Elsewhere below agent/ lie the volumes of Pods, whose certificates are their own affair.
  const places = [join(dataDir, "server"), join(dataDir, "agent", "pki")];
  const found = (await Promise.all(places.map((place) => inspectCertificates(place, now)))).flat();
  if (found.length === 0) {
    throw new UserError(`there are no certificates in ${dataDir}: is it the right data directory?`);
  }
  const data = found.map(({ notBefore, notAfter, ...rest }) => ({
    ...rest,
    file: rest.file.slice(dataDir.length + 1),
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    daysLeft: Math.floor((notAfter - now) / DAY),
  }));
  await print(flags, data, ["FILE", "SUBJECT", "USE", "EXPIRES", "DAYS LEFT", "STATE"], (row) => [
    row.file,
    row.subject,
    row.usage,
    row.notAfter.slice(0, 10),
    `${row.daysLeft}`,
    row.state,
  ]);
  return found.some(({ state }) => state === "expired" || state === "unreadable") ? 1 : 0;
}

async function rotate({ dataDir, service }: RotateFlags): Promise<void> {
  const { rotateLeaves, serviceCertificates } = await import("../server/pki/rotate.ts");
  const services = service.length > 0 ? service : Object.keys(serviceCertificates);
  const unknown = services.find((name) => !Object.hasOwn(serviceCertificates, name));
  if (unknown !== undefined) {
    throw new UserError(
      `--service ${JSON.stringify(unknown)} is not one of ${Object.keys(serviceCertificates).join(", ")}; ` +
        "an agent's certificates are made anew by themselves",
    );
  }
  const names = services.flatMap((name) => serviceCertificates[name]!);
  for (const path of await rotateLeaves(tlsOf(dataDir), names, Date.now())) console.log(`made ${path} anew`);
  console.log(
    "The server uses them within the hour, or from its next start. Kubeconfigs with the old ones are valid to their end.",
  );
}

async function rotateCa({ dataDir, path, force, forgetOld }: RotateCaFlags): Promise<void> {
  if (forgetOld && (path !== undefined || force)) {
    throw new UserError("--forget-old goes with no other flag: it is for when everybody knows the present authority");
  }
  const { forgetAuthorities, rotateAuthority } = await import("../server/pki/rotate.ts");
  const tls = tlsOf(dataDir);
  const { announceChanges } = await import("../server/cluster/shared_files.ts");
  await announceChanges(dirname(tls), ["tls/server-ca.key", "tls/server-ca.crt"]);
  if (forgetOld) {
    const count = await forgetAuthorities(tls);
    console.log(
      count === 0
        ? "There are no authorities before the present one."
        : `Certificates of earlier authorities are refused within the hour, or from the server's next start on (${count} were taken out of ${tls}/server-ca.crt).`,
    );
    return;
  }
  await rotateAuthority(tls, { now: Date.now(), force, ...path !== undefined && { from: resolve(path) } });
  console.log(`${tls}/server-ca.crt and .key are new; what was there is beside them as .old.

Next:
  1. start this server again, then the cluster's other servers, which take the new authority from it, and after them the agents
  2. hand out new join tokens, which name the authority: skiff token join-command
  3. when kubeconfigs, agents and Pods have the new authority: skiff certificate rotate-ca --forget-old`);
}

function tlsOf(dataDir: string): string {
  return join(resolve(dataDir), "server", "tls");
}
