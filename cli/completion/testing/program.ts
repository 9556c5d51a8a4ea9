import { Command, Option } from "commander";

/** A small command line that has one of everything. */
export function program(): Command {
  const create = new Command("create").description('make one, isn\'t it "nice": `x` $y')
    .option("--ttl <duration>", "how long")
    .option("--force", "never mind", false)
    .addOption(new Option("-o, --output <format>", "how to print").choices(["table", "json"]))
    .addOption(new Option("--secret").hideHelp());
  const token = new Command("token").description("tokens").addCommand(create).addCommand(new Command("delete"));
  const images = new Command("import").argument("<file...>").option("-d, --data-dir <dir>", "where").option(
    "--log <file>",
  );
  return new Command("skiff").version("1", "-v, --version").addCommand(token).addCommand(images);
}

/** What is typed, and what it becomes when the tab key is pressed: the same in every shell. */
export const cases: readonly (readonly [string, string])[] = [
  ["skiff tok", "skiff token"],
  ["skiff token cre", "skiff token create"],
  ["skiff token create --tt", "skiff token create --ttl"],
  ["skiff token create --ttl 1h --fo", "skiff token create --ttl 1h --force"],
  ["skiff token create --output js", "skiff token create --output json"],
  ["skiff token create -o ta", "skiff token create -o table"],
  ["skiff import /etc/hostn", "skiff import /etc/hostname"],
  ["skiff import --log /etc/hostn", "skiff import --log /etc/hostname"],
  ["skiff import -d /usr/shar", "skiff import -d /usr/share"],
  ["skiff --vers", "skiff --version"],
  ["skiff token create --secr", "skiff token create --secr"],
];
