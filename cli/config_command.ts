import { Command, type Option } from "commander";
import { originOf, tellingOrigin } from "./config/configuration.ts";
import { readHost } from "./host.ts";
import { type OutputFlags, outputOption, print } from "./output.ts";
import { type ServerFlags, withServerFlags } from "./server_flags.ts";
import { settingsFrom } from "./settings.ts";

/** A command that is configured, and the check of what it would be told. */
interface Role {
  readonly name: string;
  readonly withFlags: (command: Command) => Command;
  readonly check: (flags: never) => Promise<unknown>;
}

const ROLES: readonly Role[] = [
  {
    name: "server",
    withFlags: withServerFlags,
    check: async (flags: ServerFlags) => await settingsFrom(flags, await readHost()),
  },
];

/** `skiff config`: what a server or agent would run with, and where each of it comes from. */
export function configCommand(): Command {
  const command = new Command("config").description(
    "show what skiff would run with, and check it: flags, variables and configuration files together",
  );
  for (const { name, withFlags, check } of ROLES) {
    const role = withFlags(new Command(name).description(`of skiff ${name}, with any flag of it`));
    const output = outputOption("--output <format>");
    role.addOption(output).action(async (flags: OutputFlags, acting: Command) => {
      const shown = acting.options.filter((option) =>
        option !== output && option.long !== "--config" && isShown(acting, option)
      );
      const rows = shown.map((option) => ({
        flag: option.long ?? option.short!,
        value: valueOf(acting, option),
        from: originOf(acting, option),
      }));
      await print(flags, rows, ["FLAG", "VALUE", "FROM"], (row) => [row.flag, textOf(row.value), row.from]);
      await tellingOrigin(acting, () => check(flags as never));
    });
    command.addCommand(role);
  }
  return command;
}

/** All that the help shows, and what is hidden but given. */
function isShown(command: Command, option: Option): boolean {
  return !option.hidden || originOf(command, option) !== "default";
}

const SECRET = /token$|secret-key$/;

/** Secrets are not for the screen: others look at it, and it gets pasted into reports. */
function valueOf(command: Command, option: Option): unknown {
  const value: unknown = command.getOptionValue(option.attributeName());
  if (typeof value !== "string") return value ?? null;
  if (SECRET.test(option.long ?? "")) return "(hidden)";
  return value.replace(/(?<=:\/\/[^/@]*:)[^/]*(?=@)/, "(hidden)");
}

function textOf(value: unknown): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.join(",") : String(value);
}
