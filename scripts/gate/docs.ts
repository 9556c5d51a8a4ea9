/**
 * Checks that what others build on is documented: the library's face and every contract page. `deno doc --lint` would also ask for a comment on
 * each field whose name says it all.
 */
import { undocumented } from "./doc_rules.ts";

const listed = await new Deno.Command("git", {
  args: ["ls-files", "--cached", "--others", "--exclude-standard", "*contract.ts"],
}).output();
const pages = ["mod.ts", "client/client.ts", ...new TextDecoder().decode(listed.stdout).split("\n").filter(Boolean)];
const problems: string[] = [];
for (const page of pages) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["doc", "--json", page] }).output();
  if (code !== 0) problems.push(`${page}: ${new TextDecoder().decode(stderr)}`);
  else problems.push(...undocumented(page, JSON.parse(new TextDecoder().decode(stdout))));
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);
