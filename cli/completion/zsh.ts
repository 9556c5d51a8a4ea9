import type { CommandNode, FlagNode } from "./tree.ts";

/** A script for zsh: `source <(skiff completion zsh)`, or a file `_skiff` in `fpath`. Pure. */
export function zshCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  return `#compdef skiff
_skiff() {
  local at= next i prev=\${words[CURRENT-1]}
  local -a commands flags
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    case "$next" in
      ${paths.join("|")}) at=$next ;;
    esac
  done
  # --flag=value is one word here.
  if compset -P '--*='; then prev=\${IPREFIX%=}; fi
  case "$at:$prev" in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case "$at" in
${nodes.map(wordCase).join("\n")}
  esac
  [[ $PREFIX == -* ]] || (( ! $#commands )) || _describe -t commands command commands
  [[ $PREFIX != -* ]] || _describe -o -t flags flag flags
}
if [ "$funcstack[1]" = _skiff ]; then _skiff "$@"; else compdef _skiff skiff; fi
`;
}

const ACTIONS: Readonly<Record<string, string>> = {
  file: "_files",
  directory: "_files -/",
  anything: "_message value",
};

function valueCases({ path, flags }: CommandNode): string[] {
  return flags.filter(({ takes }) => takes.kind !== "nothing").map(({ names, takes }) => {
    const patterns = names.map((name) => `"${path}:${name}"`).join("|");
    const action = takes.kind === "choice" ? `compadd -- ${takes.choices.join(" ")}` : ACTIONS[takes.kind];
    return `    ${patterns}) ${action}; return ;;`;
  });
}

function wordCase({ path, commands, flags, takesFiles }: CommandNode): string {
  const described = (name: string, description: string) => `'${name.replaceAll(":", "\\:")}:${description}'`;
  const flag = ({ names, description }: FlagNode) => names.map((name) => described(name, description)).join(" ");
  return `    "${path}")
      commands=(${commands.map(({ name, description }) => described(name, description)).join(" ")})
      flags=(${flags.map(flag).join(" ")})${takesFiles ? "\n      [[ $PREFIX == -* ]] || _files" : ""}
      ;;`;
}
