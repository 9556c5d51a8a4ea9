import { describe, expect, it } from "vitest";
import { mergeSettings, parseSettings, readSettings } from "./config_file.ts";

describe("parseSettings", () => {
  it("reads scalars as they are written, and lists", () => {
    const text =
      'data-dir: /srv\nwrite-kubeconfig-mode: 0644\n# a comment\ndebug: true\ntls-san: [a, "b"]\nnode-label+:\n  - x=1\n';
    expect(
      parseSettings(text, "c.yaml").map(({ key, values, isList, adds, where }) => [key, values, isList, adds, where]),
    )
      .toEqual([
        ["data-dir", ["/srv"], false, false, "c.yaml:1"],
        ["write-kubeconfig-mode", ["0644"], false, false, "c.yaml:2"],
        ["debug", ["true"], false, false, "c.yaml:4"],
        ["tls-san", ["a", "b"], true, false, "c.yaml:5"],
        ["node-label", ["x=1"], true, true, "c.yaml:6"],
      ]);
  });

  it("takes an empty file", () => expect(parseSettings("# nothing\n", "c.yaml")).toEqual([]));

  const wrong: readonly [string, string][] = [
    ["a: [b", "c.yaml:1: Flow sequence in block collection"],
    ["a: 1\na: 2", "c.yaml:2: Map keys must be unique"],
    ["- a", "c.yaml:1: a configuration is a mapping of flags to values"],
    ["\na:", "c.yaml:2: a needs a value, or a list of them"],
    ["a: {b: c}", "c.yaml:1: a needs a value, or a list of them"],
    ["a: [[b]]", "c.yaml:1: a needs a value, or a list of them"],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(() => parseSettings(text, "c.yaml")).toThrow(message));
  }
});

describe("mergeSettings", () => {
  const merged = (...texts: string[]) =>
    mergeSettings(texts.flatMap((text, i) => parseSettings(text, `${i}`))).map(({ key, values }) => [key, values]);

  it("lets later files win", () => expect(merged("a: 1\nb: [x]", "a: 2")).toEqual([["a", ["2"]], ["b", ["x"]]]));

  it("adds by key+ for as long as files say so", () => {
    expect(merged("a: [1]", "a+: [2, 3]", "a+: 4")).toEqual([["a", ["1", "2", "3", "4"]]]);
    expect(merged("a: [1]", "a+: [2]", "a: [3]")).toEqual([["a", ["3"]]]);
    expect(merged("a+: [1]")).toEqual([["a", ["1"]]]);
  });
});

describe("readSettings", () => {
  it("reads the file and then its directory by name", async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-config-" });
    try {
      const file = `${directory}/config.yaml`;
      expect(await readSettings(file, { required: false })).toEqual([]);
      await expect(readSettings(file, { required: true })).rejects.toThrow(`there is no configuration file ${file}`);
      await Deno.mkdir(`${file}.d`);
      await Deno.writeTextFile(file, "a: 1");
      await Deno.writeTextFile(`${file}.d/2.yml`, "c: 3");
      await Deno.writeTextFile(`${file}.d/10.yaml`, "b: 2");
      await Deno.writeTextFile(`${file}.d/3.txt`, "not: read");
      const settings = await readSettings(file, { required: true });
      expect(settings.map(({ key, where }) => [key, where])).toEqual([
        ["a", `${file}:1`],
        ["b", `${file}.d/10.yaml:1`],
        ["c", `${file}.d/2.yml:1`],
      ]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
});
