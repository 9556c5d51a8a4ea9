import { type Command, Option } from "commander";
import { UserError } from "../error.ts";
import { componentFlags, flagOfArgument } from "./component_args.ts";
import { mergeSettings, readSettings, type Setting } from "./config_file.ts";
import { foreignFlags } from "./foreign_flags.ts";
import { suggestion } from "./nearest.ts";

export const DEFAULT_CONFIG = "/etc/skiff/config.yaml";

type Environment = Readonly<Record<string, string>>;

/** Variables that k3s calls otherwise than their flag; every flag has the one that is made of its name, too. */
const VARIABLES: Readonly<Record<string, string>> = {
  "config": "SKIFF_CONFIG_FILE",
  "server": "SKIFF_URL",
  "write-kubeconfig": "SKIFF_KUBECONFIG_OUTPUT",
  "write-kubeconfig-mode": "SKIFF_KUBECONFIG_MODE",
  "write-kubeconfig-group": "SKIFF_KUBECONFIG_GROUP",
};

/** Where an option's value comes from. */
const origins = new WeakMap<Option, string>();
/** Why an option has no meaning here. */
const foreign = new WeakMap<Option, string>();

/**
 * Lets a command take its flags from the environment and a configuration file as well: a flag goes before its variable, and that before the
 * file. To be called when all its options are there.
 */
export function withConfiguration(command: Command, environment: () => Environment): Command {
  command.addOption(
    new Option("-c, --config <file>", "configuration: flags as keys of YAML").default(DEFAULT_CONFIG).helpGroup(
      "Other:",
    ),
  );
  for (const name of componentFlags) {
    const option = new Option(`--${name} <name=value>`).default([]).hideHelp();
    command.addOption(option.argParser((value, before: readonly string[]) => [...before, value]));
  }
  for (const [name, why] of Object.entries(foreignFlags)) {
    if (optionOf(command, name) !== undefined) continue;
    const option = new Option(name.length === 1 ? `-${name}, --${name} [value]` : `--${name} [value]`).hideHelp();
    foreign.set(option, why);
    command.addOption(option);
  }
  return command
    .hook("preAction", (_, acting) => configure(acting, environment()))
    .addHelpText(
      "after",
      `\nEvery flag can also be a variable of the environment (--data-dir is SKIFF_DATA_DIR) or a key in ${DEFAULT_CONFIG}\n` +
        `and ${DEFAULT_CONFIG}.d/*.yaml (data-dir: /srv/skiff). The flag goes first, then the variable, then the file.`,
    );
}

/** Says where each option of a command's value comes from, once the command acts. */
export function originOf(command: Command, option: Option): string {
  return origins.get(option) ?? (command.getOptionValueSource(option.attributeName()) === "cli" ? "flag" : "default");
}

/** Reads settings of a command's flags; what is wrong with one that was not typed is told with its place. */
export async function tellingOrigin<T>(command: Command, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const flag = error instanceof UserError ? /^--[a-z0-9-]+/.exec(error.message)?.[0] : undefined;
    const option = command.options.find(({ long }) => long !== undefined && long === flag);
    const origin = option && origins.get(option);
    throw origin === undefined ? error : new UserError(`${origin}: ${(error as Error).message}`, { cause: error });
  }
}

async function configure(command: Command, environment: Environment): Promise<void> {
  const variable = environment[VARIABLES.config!];
  const given = isOnCommandLine(command, optionOf(command, "config")!);
  const file = given || !variable ? String(command.getOptionValue("config")) : variable;
  const settings = mergeSettings(await readSettings(file, { required: given || Boolean(variable) }));
  const fromFile = new Map(settings.map((setting) => [optionFor(command, setting), setting]));
  for (const option of command.options) {
    if (isOnCommandLine(command, option) || option.long === "--config") continue;
    const variable = variablesOf(option).find((name) => environment[name]);
    const setting = fromFile.get(option);
    if (variable !== undefined) {
      const text = environment[variable]!;
      set(command, option, { values: [text], isList: false, where: variable });
    } else if (setting !== undefined) set(command, option, setting);
  }
  refuseForeign(command);
  passArguments(command);
}

function isOnCommandLine(command: Command, option: Option): boolean {
  return command.getOptionValueSource(option.attributeName()) === "cli";
}

function variablesOf(option: Option): string[] {
  const name = nameOf(option);
  const usual = `SKIFF_${name.toUpperCase().replaceAll("-", "_")}`;
  return [VARIABLES[name], option.envVar, usual].filter((name) => name !== undefined);
}

function nameOf(option: Option): string {
  return (option.long ?? option.short!).replace(/^-+/, "");
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => long === `--${name}` || name.length === 1 && short === `-${name}`);
}

function optionFor(command: Command, { key, where }: Setting): Option {
  const option = optionOf(command, key);
  if (option !== undefined && option.long !== "--config") return option;
  const other = command.parent?.commands.find((sibling) => sibling !== command && optionOf(sibling, key) !== undefined);
  const names = command.options.filter(({ hidden, long }) => !hidden && long !== "--config").map(nameOf);
  throw new UserError(
    `${where}: ${JSON.stringify(key)} is no flag of skiff ${command.name()}` +
      (key === "config"
        ? ", but of its command line alone"
        : other !== undefined
        ? `, but one of skiff ${other.name()}`
        : suggestion(key, names)),
  );
}

function set(command: Command, option: Option, setting: Pick<Setting, "values" | "isList" | "where">): void {
  const value = valueOf(option, setting);
  command.setOptionValueWithSource(option.attributeName(), value, "config");
  origins.set(option, setting.where);
}

type Parser = (text: string, before: unknown) => unknown;

function valueOf(option: Option, { values, isList, where }: Pick<Setting, "values" | "isList" | "where">): unknown {
  const parse = option.parseArg as Parser | undefined;
  if (Array.isArray(option.defaultValue)) {
    return values.reduce<unknown>((before, text) => parse!(text, before), []);
  }
  const text = values.join(",");
  if (isList && values.length > 1) throw new UserError(`${where}: ${nameOf(option)} takes one value, not a list`);
  if (option.isBoolean()) {
    if (text === "true" || text === "1") return true;
    if (text === "false" || text === "0") return false;
    throw new UserError(`${where}: ${nameOf(option)} is ${JSON.stringify(text)}; give true or false`);
  }
  return parse ? parse(text, undefined) : text;
}

function refuseForeign(command: Command): void {
  for (const option of command.options) {
    const why = foreign.get(option);
    if (why === undefined || command.getOptionValue(option.attributeName()) === undefined) continue;
    const origin = originOf(command, option);
    throw new UserError(`${origin === "flag" ? "" : `${origin}: `}${option.long} has no meaning here: ${why}`);
  }
}

/** `--kubelet-arg max-pods=50` sets `--max-pods`, unless that is given itself. */
function passArguments(command: Command): void {
  const values = new Map<Option, string[]>();
  for (const component of componentFlags) {
    const option = optionOf(command, component)!;
    for (const argument of command.getOptionValue(option.attributeName()) as string[]) {
      const { flag, value } = flagOfArgument(component, argument);
      const target = optionOf(command, flag);
      if (target === undefined) {
        throw new UserError(`--${component} ${argument}: skiff ${command.name()} has no --${flag}`);
      }
      if (originOf(command, target) !== "default" && !values.has(target)) {
        throw new UserError(`--${component} ${argument} and --${flag} are the same: give one of them`);
      }
      values.set(target, [...values.get(target) ?? [], value]);
      set(command, target, {
        values: values.get(target)!,
        isList: Array.isArray(target.defaultValue),
        where: `--${component}`,
      });
    }
  }
}
