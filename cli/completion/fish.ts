import type { CommandNode, FlagNode } from "./tree.ts";

/** A script for fish: `skiff completion fish | source`. Pure. */
export function fishCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.filter(({ path }) => path !== "").map(({ path }) => `'${path}'`);
  return `# fish completion of skiff
function __skiff_at
  set -l at ''
  for word in (commandline -opc)[2..]
    set -l next (string trim -- "$at $word")
    contains -- $next ${paths.join(" ")}; and set at $next
  end
  test "$at" = "$argv[1]"
end
complete -c skiff -f
${nodes.flatMap(lines).join("\n")}
`;
}

function lines({ path, commands, flags, takesFiles }: CommandNode): string[] {
  const start = `complete -c skiff -n "__skiff_at '${path}'"`;
  return [
    ...commands.map(({ name, description }) => `${start} -a ${name} -d '${description}'`),
    ...flags.map((flag) => `${start} ${flagWords(flag)} -d '${flag.description}'`),
    ...takesFiles ? [`${start} -F`] : [],
  ];
}

const ARGUMENTS = {
  nothing: "",
  anything: " -x",
  file: " -r -F",
  directory: " -x -a '(__fish_complete_directories)'",
} as const;

function flagWords({ names, takes }: FlagNode): string {
  const words = names.map((name) => name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`);
  return words.join(" ") + (takes.kind === "choice" ? ` -x -a '${takes.choices.join(" ")}'` : ARGUMENTS[takes.kind]);
}
