/** `scripts/test conformance`: runs the official conformance binary against Skiff and writes down what passed. */
import { parseArgs } from "node:util";
import { page, pageFile } from "./page.ts";
import { merge, type Outcome, outcomes, type Report } from "./report.ts";
import { formatResults, isNeeds, NEEDS, parseResults, resultsFile, type Row } from "./results.ts";

const skiff = new URL("../../scripts/skiff", import.meta.url).pathname;
const DEFAULT_NEEDS = "api,controllers,status";
const USAGE = `usage: scripts/test conformance [--focus REGEXP] [--needs ${Object.keys(NEEDS).join("|")},...]
         [--hollow-nodes N] [--kubeconfig FILE] [--report-dir DIR] [--dry-run]
       scripts/test conformance --from DIR...

Builds the official conformance binary of Kubernetes from its Go modules (once; many minutes), runs it against a Skiff in memory
with N hollow nodes (default 2), or against the cluster of a kubeconfig, and writes the outcome to tests/conformance/results.tsv and
docs/CONFORMANCE.md. Without --focus and --needs: the tests that need no running container (${DEFAULT_NEEDS}).
--report-dir keeps the report, --dry-run leaves the table alone, --from takes reports that were kept instead of running anything.`;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    focus: { type: "string" },
    needs: { type: "string" },
    "hollow-nodes": { type: "string", default: "2" },
    kubeconfig: { type: "string" },
    "report-dir": { type: "string" },
    from: { type: "string", multiple: true, default: [] },
    "dry-run": { type: "boolean", default: false },
    binary: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}

const rows = parseResults(await Deno.readTextFile(resultsFile));
if (values.from.length > 0) {
  await write(await reported(values.from));
  Deno.exit(0);
}
const chosen = choose(rows);
if (chosen.length === 0) fail("no conformance test has such a name");
const directory = values["report-dir"] ?? await Deno.makeTempDir({ prefix: "skiff-conformance-" });
await Deno.mkdir(directory, { recursive: true });
await run(chosen);
const ran = await reported([directory]);
print(ran);
if (!values["dry-run"]) await write(ran);
const passed = ran.filter(({ result }) => result === "pass").length;
console.log(`conformance: ${passed} of ${chosen.length} passed`);
if (passed < chosen.length) console.log(`the binary's own words are in ${directory}/e2e.log`);
else if (!values["report-dir"]) await Deno.remove(directory, { recursive: true });
Deno.exit(passed === chosen.length ? 0 : 1);

async function reported(directories: readonly string[]): Promise<Outcome[]> {
  const reports: Report[] = [];
  for (const directory of directories) {
    const text = await Deno.readTextFile(`${directory}/report.json`).catch(() =>
      fail(`there is no report in ${directory}; what the binary said is in its e2e.log, if it ran at all`)
    );
    reports.push(...JSON.parse(text) as Report[]);
  }
  return outcomes(reports);
}

async function write(ran: readonly Outcome[]): Promise<void> {
  const merged = merge(rows, ran);
  await Deno.writeTextFile(resultsFile, formatResults(merged));
  await Deno.writeTextFile(pageFile, page(merged));
}

/** Those of the table that the options ask for; a focus alone reaches the tests of every need. */
function choose(all: readonly Row[]): Row[] {
  const focus = expression(values.focus ?? "");
  const needs = (values.needs ?? (values.focus === undefined ? DEFAULT_NEEDS : Object.keys(NEEDS).join(","))).split(
    ",",
  );
  const unknown = needs.find((need) => !isNeeds(need));
  if (unknown !== undefined) fail(`--needs ${JSON.stringify(unknown)} is not one of ${Object.keys(NEEDS).join(", ")}`);
  return all.filter((row) => focus.test(row.name) && needs.includes(row.needs));
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    return fail(`--focus: ${(error as Error).message}`);
  }
}

async function run(wanted: readonly Row[]): Promise<void> {
  const binary = values.binary ?? fail("--binary names no file; run this by scripts/test conformance");
  const names = wanted.map(({ name }) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const script = `exec "$0" --kubeconfig="$KUBECONFIG" "$@" >"$LOG" 2>&1`;
  const test = [
    ...["sh", "-c", script, binary],
    "--provider=skeleton",
    // Tests that need no node need not wait for one.
    "--allowed-not-ready-nodes=-1",
    "--ginkgo.no-color",
    `--ginkgo.focus=(${names.join("|")})$`,
    "--ginkgo.timeout=24h",
    `--ginkgo.json-report=${directory}/report.json`,
    ...(values["report-dir"] ? ["--ginkgo.v"] : []),
  ];
  const [command, ...args] = values.kubeconfig === undefined
    ? [skiff, "ephemeral", `--hollow-nodes=${values["hollow-nodes"]}`, "--", ...test]
    : test;
  const env = { LOG: `${directory}/e2e.log`, ...(values.kubeconfig && { KUBECONFIG: values.kubeconfig }) };
  await new Deno.Command(command!, { args, env, stdin: "null" }).spawn().status;
}

function print(ran: readonly Outcome[]): void {
  for (const { name, result, seconds, why } of ran) {
    console.log(`${result} ${seconds.toFixed(1).padStart(6)} s  ${name}${why && `\n     ${why}`}`);
  }
}

function fail(message: string): never {
  console.error(`error: ${message}\nscripts/test conformance --help tells more`);
  Deno.exit(2);
}
