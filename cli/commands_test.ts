import { describe, expect, it } from "vitest";
import { commandNames, commandsFor } from "./commands.ts";

describe("commandsFor", () => {
  const finish = () => {};

  it("finds each command by its names, alone", async () => {
    for (const name of commandNames.filter((name) => name !== "completion")) {
      const found = await commandsFor(name, finish);
      const names = found.flatMap((command) => [command.name(), ...command.aliases()]);
      expect([name, names.includes(name)]).toEqual([name, true]);
      expect(names.every((one) => commandNames.includes(one))).toBe(true);
    }
  });

  it("has all of them for everything else", async () => {
    const all = (await commandsFor("completion", finish)).flatMap((command) => [command.name(), ...command.aliases()]);
    expect(all).toEqual(commandNames);
    expect((await commandsFor(undefined, finish)).length).toBe((await commandsFor("--help", finish)).length);
  });
});
