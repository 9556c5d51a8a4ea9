import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../tests/e2e/cluster.ts";
import { fishCompletion } from "./fish.ts";
import { cases, program } from "./testing/program.ts";
import { commandNodes } from "./tree.ts";
import { zshCompletion } from "./zsh.ts";

/** Types each line into an interactive zsh, presses the tab key, and has its line editor tell what came of it. */
const ZSH_SESSION = `
zmodload zsh/zpty
directory=$1; shift
export TERM=dumb ZDOTDIR=$directory
zpty session zsh -d -i
await() { for ((n = 0; n < 1200; n++)); do eval $1 && return; zpty -r -t session ignored; sleep 0.05; done; exit 1 }
await '[[ -e $directory/ready ]]'
for ((i = 1; i <= $#; i++)); do
  zpty -w -n session "\${argv[i]}"$'\\t\\x18'
  await '[[ -e $directory/out && $(wc -l < $directory/out) -ge $i ]]'
done
zpty -d session
`;

function zshrc(directory: string): string {
  return `
autoload -Uz compinit; compinit -u -D
source ${directory}/completion
tell() { print -r -- "$BUFFER" >> ${directory}/out; BUFFER= }
zle -N tell; bindkey '^X' tell; bindkey '^I' complete-word
print > ${directory}/ready
`;
}

describe("completion in shells from Debian", () => {
  const nodes = commandNodes(program());
  let directory = "";
  beforeAll(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-completion-" });
  });
  afterAll(() => Deno.remove(directory, { recursive: true }));

  it("completes in fish, with descriptions", async () => {
    const file = `${directory}/completion.fish`;
    await Deno.writeTextFile(file, fishCompletion(nodes));
    const script = `source ${file}; for line in $argv; echo "$(complete -C "$line" | head -1)"; end`;
    const env = { HOME: directory };
    const lines = [...cases.map(([typed]) => typed), "skiff token cr"];
    const { stdout, stderr } = await run("fish", ["--no-config", "-c", script, ...lines], { env });
    expect(stderr).toBe("");
    const found = stdout.trimEnd().split("\n");
    expect(found.map((line) => line.split("\t")[0]!.replace(/\/$/, "")).slice(0, -1))
      .toEqual(cases.map(([typed, becomes]) => becomes === typed ? "" : becomes.split(" ").at(-1)));
    expect(found.at(-1)).toBe("create\tmake one, isnt it nice: x y");
  });

  it("completes in zsh", async () => {
    await Deno.writeTextFile(`${directory}/completion`, zshCompletion(nodes));
    await Deno.writeTextFile(`${directory}/.zshrc`, zshrc(directory));
    const lines = [...cases, ["skiff token create --output=js", "skiff token create --output=json"]] as const;
    const { code, stderr } = await run("zsh", [
      "-f",
      "-c",
      ZSH_SESSION,
      "zsh",
      directory,
      ...lines.map(([typed]) => typed),
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    const out = await Deno.readTextFile(`${directory}/out`);
    expect(out.trimEnd().split("\n").map((line) => line.trimEnd().replace(/\/$/, ""))).toEqual(
      lines.map(([, becomes]) => becomes),
    );
  }, 120_000);
});
