import { Option } from "commander";
import { table } from "./table.ts";

const FORMATS = ["table", "json", "yaml"] as const;

export interface OutputFlags {
  readonly output: (typeof FORMATS)[number];
}

/** `--output`, of commands that print what a script may read. */
export function outputOption(flags = "-o, --output <format>"): Option {
  return new Option(flags, "how to print it").choices(FORMATS).default("table");
}

/** Prints rows for people, or their data for scripts. */
export async function print<T>(
  { output }: OutputFlags,
  data: readonly T[],
  head: readonly string[],
  row: (one: T) => readonly string[],
  nothing = "nothing to show",
): Promise<void> {
  if (output !== "table") return await printData(output, data);
  // Not on standard output: a script that counts lines shall find none.
  if (data.length === 0) console.error(nothing);
  else console.log(table(head, data.map(row)));
}

export async function printData(output: "json" | "yaml", data: unknown): Promise<void> {
  if (output === "json") console.log(JSON.stringify(data, null, 2));
  else console.log((await import("yaml")).stringify(data).trimEnd());
}
