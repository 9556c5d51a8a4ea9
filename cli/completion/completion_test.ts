import { describe, expect, it } from "vitest";
import { run } from "../../tests/e2e/cluster.ts";
import { bashCompletion } from "./bash.ts";
import { cases, program } from "./testing/program.ts";
import { commandNodes } from "./tree.ts";

describe("commandNodes", () => {
  it("lists commands with what they take", () => {
    const nodes = commandNodes(program());
    expect(nodes.map(({ path }) => path)).toEqual(["", "token", "token create", "token delete", "import"]);
    expect(nodes[1]!.commands).toEqual([
      { name: "create", description: "make one, isnt it nice: x y" },
      { name: "delete", description: "" },
    ]);
    expect(nodes[2]!.flags.map(({ names, takes }) => [names.join(), takes.kind])).toEqual([
      ["--ttl", "anything"],
      ["--force", "nothing"],
      ["-o,--output", "choice"],
      ["-h,--help", "nothing"],
    ]);
    expect(nodes[4]!.flags.map(({ takes }) => takes.kind)).toEqual(["directory", "file", "nothing"]);
    expect(nodes.map(({ takesFiles }) => takesFiles)).toEqual([false, false, false, false, true]);
  });
});

describe("completion in bash", () => {
  const ask = `
complete_line() {
  read -ra COMP_WORDS <<<"$1"
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _skiff 2>/dev/null
  echo "\${COMPREPLY[*]}"
}
`;

  it("finds commands, flags, values and files", async () => {
    const script = bashCompletion(commandNodes(program())) + ask + `for line in "$@"; do complete_line "$line"; done`;
    const { stdout, stderr } = await run("bash", ["-c", script, "bash", ...cases.map(([typed]) => typed)]);
    expect(stderr).toBe("");
    const words = cases.map(([typed, becomes]) => becomes === typed ? "" : becomes.split(" ").at(-1)!);
    expect(stdout.trimEnd().split("\n").map((line) => line.split(" ")[0])).toEqual([...words.slice(0, -1)]);
  });

  it("takes --flag=value for one word", async () => {
    const script = `${bashCompletion(commandNodes(program()))}
COMP_WORDS=(skiff token create --output = j) COMP_CWORD=5
_skiff; echo "\${COMPREPLY[*]}"`;
    expect((await run("bash", ["-c", script])).stdout).toBe("json\n");
  });
});
