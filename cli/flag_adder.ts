import { type Command, Option } from "commander";

/** Adds a flag to a command's help, under a heading. A list as the fallback makes it repeatable. */
export type AddFlag = (
  group: string,
  flags: string,
  description: string,
  fallback?: string | readonly string[] | boolean,
) => void;

export function flagAdder(command: Command): AddFlag {
  return (group, flags, description, fallback) => {
    const option = new Option(flags, description).helpGroup(group);
    if (Array.isArray(fallback)) option.argParser(collect).default(fallback, "none");
    else if (fallback !== undefined) option.default(fallback);
    command.addOption(option);
  };
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(",").filter(Boolean)];
}
