import { Option } from "commander";

/** `--data-dir` of commands that work on what a server or agent keeps. */
export function dataDirOption(description: string): Option {
  return new Option("-d, --data-dir <dir>", description).env("SKIFF_DATA_DIR").default("/var/lib/skiff");
}
