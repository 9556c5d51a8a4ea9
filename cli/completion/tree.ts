import type { Command, Option } from "commander";

/** What may follow a flag. */
export type Takes =
  | { readonly kind: "nothing" | "file" | "directory" | "anything" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

export interface FlagNode {
  /** `-o`, `--output` */
  readonly names: readonly string[];
  readonly description: string;
  readonly takes: Takes;
}

/** A command as completions need to know it. */
export interface CommandNode {
  /** `token create`; empty for skiff itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly FlagNode[];
  /** Whether its arguments are files. */
  readonly takesFiles: boolean;
}

/** The command line as a list of all its commands, skiff itself first. Pure. */
export function commandNodes(command: Command, path: readonly string[] = []): CommandNode[] {
  const flags = command.options.filter(({ hidden }) => !hidden).map(flagNode);
  const node: CommandNode = {
    path: path.join(" "),
    commands: command.commands.map((child) => ({ name: child.name(), description: plain(child.description()) })),
    flags: [...flags, { names: ["-h", "--help"], description: "display help for command", takes: { kind: "nothing" } }],
    takesFiles: command.registeredArguments.some((argument) => argument.name() === "file"),
  };
  return [node, ...command.commands.flatMap((child) => commandNodes(child, [...path, child.name()]))];
}

function flagNode(option: Option): FlagNode {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  return { names, description: plain(option.description), takes: takes(option) };
}

const FILES: Readonly<Record<string, "file" | "directory">> = {
  "<file>": "file",
  "<dir>": "directory",
  "<socket>": "file",
};

function takes(option: Option): Takes {
  if (option.isBoolean()) return { kind: "nothing" };
  if (option.argChoices) return { kind: "choice", choices: option.argChoices };
  return { kind: FILES[/<[^>]+>/.exec(option.flags)?.[0] ?? ""] ?? "anything" };
}

/** Shells quote differently; what none of them needs to quote is safe in all. */
function plain(text: string): string {
  return text.replaceAll(/['"`\\$]/g, "").replaceAll(/\s+/g, " ");
}
