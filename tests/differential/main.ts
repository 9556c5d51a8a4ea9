/** `scripts/test differential`: sends the same requests to a stock kube-apiserver and to ours, and tells where the answers differ. */
import { parseArgs } from "node:util";
import { seededRandom } from "../../api/meta/_seeded_random.ts";
import { compareAccess } from "./access/access.ts";
import { compareExpressions } from "./expressions.ts";
import { compareKinds } from "./kinds.ts";
import { compareReads } from "./reads/reads.ts";
import { Report } from "./report.ts";
import { startSides } from "./sides.ts";
import { NAMESPACE, type SuiteOptions } from "./suite.ts";
import { compareWrites } from "./writes.ts";

/** What is compared, by the name that `--suite` takes. */
const suites: Readonly<Record<string, (options: SuiteOptions) => Promise<void>>> = {
  kinds: compareKinds,
  expressions: compareExpressions,
  reads: compareReads,
  access: compareAccess,
  writes: compareWrites,
};

const USAGE =
  `usage: scripts/test differential [--suite NAME] [--focus REGEXP] [--share PART] [--seed N] [--report FILE]

Builds the kube-apiserver of the Kubernetes release that Skiff speaks from its Go modules (once; many minutes), starts it with Debian's etcd
beside our API server without controllers, sends the same requests to both and compares what they answer.

  --suite NAME    one of ${Object.keys(suites).join(", ")}; all when absent
  --focus REGEXP  kinds by group/resource, as apps/deployments or /services, and parts of the other suites, as reads/lists or apply/; all when absent
  --share PART    part of the mutations that is sent, in (0, 1], chosen by the seed (default 1)
  --seed N        repeats a run
  --report FILE   where the differences are written; they are printed when absent`;

const options = {
  suite: { type: "string" },
  focus: { type: "string", default: "" },
  share: { type: "string", default: "1" },
  seed: { type: "string" },
  report: { type: "string" },
  reference: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;
const { values } = parseArgs({ args: Deno.args, options });
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const chosen = values.suite === undefined ? Object.keys(suites) : [values.suite];
if (chosen.some((name) => !Object.hasOwn(suites, name))) {
  console.error(`differential: no suite is named ${values.suite}; there are ${Object.keys(suites).join(", ")}`);
  Deno.exit(2);
}
const random = seededRandom(values.seed === undefined ? undefined : Number(values.seed));
console.error(`seed ${random.seed}`);
const report = new Report();
{
  await using sides = await startSides(values.reference!);
  for (const side of [sides.theirs, sides.ours]) {
    const path = "/api/v1/namespaces";
    await side.send({ method: "POST", path, body: { metadata: { name: NAMESPACE } } });
    // Made by a controller elsewhere: Pods need it.
    await side.send({
      method: "POST",
      path: `${path}/${NAMESPACE}/serviceaccounts`,
      body: { metadata: { name: "default" } },
    });
  }
  for (const name of chosen) {
    await suites[name]!({
      sides,
      report,
      focus: new RegExp(values.focus),
      share: Number(values.share),
      random: random.next,
      progress: (line) => console.error(line),
    });
  }
}
if (values.report) await Deno.writeTextFile(values.report, report.text());
else console.log(report.text());
console.error(report.summary());
Deno.exit(report.size === 0 ? 0 : 1);
