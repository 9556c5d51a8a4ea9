/** Checks the import directions of ARCHITECTURE.md's table, and that no modules import each other in a circle. */
import { checkDirections, findCycles, importsOf } from "./import_rules.ts";

const listed = await new Deno.Command("git", {
  args: ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"],
}).output();
const files = new TextDecoder().decode(listed.stdout).split("\n").filter((f) => f !== "");
const graph = new Map<string, readonly string[]>();
for (const file of files) {
  try {
    graph.set(file, importsOf(file, await Deno.readTextFile(file)));
  } catch (error) {
    // Deleted in the working tree, not yet in the index.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
const problems = [...checkDirections(graph), ...findCycles(graph)];
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);
