import { Argument, Command } from "commander";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { type CommandNode, commandNodes } from "./tree.ts";
import { zshCompletion } from "./zsh.ts";

const SHELLS: Readonly<Record<string, (nodes: readonly CommandNode[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `skiff completion`: a script for the user's shell, made of the commands that there are. */
export function completionCommand(): Command {
  return new Command("completion").description("print a script that lets a shell complete skiff's commands and flags")
    .addArgument(new Argument("<shell>", "your shell").choices(Object.keys(SHELLS)))
    .action((shell: string, _flags: unknown, command: Command) => {
      console.log(SHELLS[shell]!(commandNodes(command.parent!)).trimEnd());
    })
    .addHelpText(
      "after",
      `
For every shell to come:
  skiff completion bash > /etc/bash_completion.d/skiff
  skiff completion zsh > "\${fpath[1]}/_skiff"
  skiff completion fish > ~/.config/fish/completions/skiff.fish`,
    );
}
