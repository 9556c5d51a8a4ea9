import { Command, Option } from "commander";
import type { Finding } from "./check/finding.ts";

interface CheckFlags {
  readonly output: "text" | "json";
  readonly quiet: boolean;
  readonly installed: boolean;
}

const MARKS: Readonly<Record<Finding["status"], string>> = { ok: "ok     ", warning: "warning", error: "error  " };

/** `skiff check`: what this machine lacks, and how to mend it. Its exit code is 1 when something keeps Skiff from working. */
export function checkCommand(finish: (exitCode: number) => void): Command {
  return new Command("check")
    .description("tell what this machine lacks for Skiff and how to mend it; fails when Skiff would not work")
    .argument("[words...]", "how it shall run, after --: server --disable-agent, agent, --data-dir DIR …")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"))
    .option("-q, --quiet", "tell only what is wrong", false)
    .option("--installed", "Skiff is installed already: that its ports are in use is no fault", false)
    .action(async (words: string[], { output, quiet, installed }: CheckFlags) => {
      const [{ readFacts }, { runChecks }, { wantedBy }] = await Promise.all([
        import("./check/read_facts.ts"),
        import("./check/checks.ts"),
        import("./check/wanted.ts"),
      ]);
      const findings = runChecks(await readFacts(wantedBy(words, Deno.env.toObject(), installed)));
      if (output === "json") console.log(JSON.stringify(findings, undefined, 2));
      else print(findings.filter(({ status }) => !quiet || status !== "ok"));
      finish(findings.some(({ status }) => status === "error") ? 1 : 0);
    });
}

function print(findings: readonly Finding[]): void {
  for (const { check, status, what, mend } of findings) {
    console.log(`${MARKS[status]}  ${check}${what ? `: ${what}` : ""}`);
    if (mend) console.log(`         ${mend}`);
  }
}
