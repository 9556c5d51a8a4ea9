import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isSafePath, type Payload, writeAtomically } from "./atomic_writer.ts";

let directory: string;
beforeEach(async () => void (directory = await Deno.makeTempDir()));
afterEach(() => Deno.remove(directory, { recursive: true }));

function payload(files: Record<string, string>, mode = 0o644): Payload {
  return new Map(Object.entries(files).map(([path, text]) => [path, { bytes: new TextEncoder().encode(text), mode }]));
}

async function visible(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) if (!name.startsWith("..")) names.push(name);
  return names.sort();
}

async function hidden(): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(directory)) if (name.startsWith("..") && name !== "..data") count++;
  return count;
}

describe("writeAtomically", () => {
  it("shows the files through one link", async () => {
    expect(await writeAtomically(directory, payload({ a: "1", "sub/b": "2" }, 0o640), { stamp: "s1" })).toBe(true);
    expect(await visible()).toEqual(["a", "sub"]);
    expect(await Deno.readTextFile(`${directory}/sub/b`)).toBe("2");
    expect(await Deno.readLink(`${directory}/..data`)).toBe("..s1");
    expect(await Deno.readLink(`${directory}/a`)).toBe("..data/a");
    expect((await Deno.stat(`${directory}/a`)).mode! & 0o777).toBe(0o640);
  });

  it("does not touch what is unchanged", async () => {
    await writeAtomically(directory, payload({ a: "1" }), { stamp: "s1" });
    expect(await writeAtomically(directory, payload({ a: "1" }), { stamp: "s2" })).toBe(false);
    expect(await Deno.readLink(`${directory}/..data`)).toBe("..s1");
  });

  it("switches at once to what changed, and takes away what is gone", async () => {
    await writeAtomically(directory, payload({ a: "1", b: "1" }), { stamp: "s1" });
    using old = await Deno.open(`${directory}/a`);
    expect(await writeAtomically(directory, payload({ a: "2", c: "3" }), { stamp: "s2" })).toBe(true);
    expect(await visible()).toEqual(["a", "c"]);
    expect(await Deno.readTextFile(`${directory}/a`)).toBe("2");
    expect(await hidden()).toBe(1);
    // Who had the old file open still reads it whole.
    const buffer = new Uint8Array(8);
    expect(await old.read(buffer)).toBe(1);
  });

  it("notices a changed mode, and clears what an interrupted run left", async () => {
    await writeAtomically(directory, payload({ a: "1" }), { stamp: "s1" });
    await Deno.mkdir(`${directory}/..left`);
    await Deno.symlink("..left", `${directory}/..data_tmp`);
    expect(await writeAtomically(directory, payload({ a: "1" }, 0o600), { stamp: "s2" })).toBe(true);
    expect(await hidden()).toBe(1);
  });
});

describe("isSafePath", () => {
  it.each(["a", "a/b", "a..b", "a/..b"])("takes %s", (path) => expect(isSafePath(path)).toBe(true));
  it.each(["", "/a", "../a", "a/../b", "..data", "..a/b"])(
    "refuses %s",
    (path) => expect(isSafePath(path)).toBe(false),
  );
});
