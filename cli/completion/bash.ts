import type { CommandNode } from "./tree.ts";

/** A script for bash: `source <(skiff completion bash)`. Pure. */
export function bashCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  return `# bash completion of skiff
_skiff() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= next i
  # Bash takes --flag=value for three words.
  [ "$cur" = = ] && cur=
  [ "$prev" = = ] && prev=\${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${at:+$at }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths.join("|")}) at=$next ;;
    esac
  done
  COMPREPLY=()
  case "$at:$prev" in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case "$at" in
${nodes.map(wordCase).join("\n")}
  esac
}
complete -F _skiff skiff
`;
}

const ACTIONS: Readonly<Record<string, string>> = { file: "-f", directory: "-d" };

function valueCases({ path, flags }: CommandNode): string[] {
  return flags.filter(({ takes }) => takes.kind !== "nothing").map(({ names, takes }) => {
    const patterns = names.map((name) => `"${path}:${name}"`).join("|");
    if (takes.kind === "anything" || takes.kind === "nothing") return `    ${patterns}) return ;;`;
    const action = takes.kind === "choice" ? `-W "${takes.choices.join(" ")}"` : ACTIONS[takes.kind];
    const note = takes.kind === "choice" ? "" : " compopt -o filenames 2>/dev/null;";
    return `    ${patterns})${note} COMPREPLY=($(compgen ${action} -- "$cur")); return ;;`;
  });
}

function wordCase({ path, commands, flags, takesFiles }: CommandNode): string {
  const words = [...commands.map(({ name }) => name), ...flags.map(({ names }) => names.at(-1)!)].join(" ");
  const files = takesFiles ? ` [[ $cur != -* ]] && COMPREPLY=($(compgen -f -- "$cur")) && return;` : "";
  return `    "${path}")${files} COMPREPLY=($(compgen -W "${words}" -- "$cur")) ;;`;
}
