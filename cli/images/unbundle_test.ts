import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BundleManifest, parseManifest, parseSums } from "./bundle_format.ts";
import { contentOf, tarIndex, textOf } from "./tar_index.ts";
import { fileSource, sha256Of, type TarSource, textSource, writeTar } from "./tar_writer.ts";
import { unbundle } from "./unbundle.ts";

let directory: string, dataDir: string;
beforeEach(async () => {
  directory = await Deno.makeTempDir({ prefix: "skiff-unbundle-" });
  dataDir = `${directory}/data`;
});
afterEach(async () => await Deno.remove(directory, { recursive: true }));

const FILES = ["blobs/sha256/aa", "blobs/sha256/bb", "index.json"].map((name) =>
  textSource(name, `content of ${name} `.repeat(100))
);

/** An unpacked bundle with these of its files inside. */
async function unpacked(inside: readonly TarSource[], changed: Partial<BundleManifest> = {}): Promise<string> {
  const bundle = await Deno.makeTempDir({ dir: directory });
  const { sha256 } = await writeTar(`${bundle}/whole`, FILES);
  await writeTar(`${bundle}/images.tar`, inside);
  const images = { names: ["example/a:1"], sha256, files: FILES.map(({ name }) => name) };
  const manifest = { format: 1, name: "bundle", version: "v1", architecture: "amd64", images, ...changed };
  await Deno.writeTextFile(`${bundle}/bundle.json`, JSON.stringify(manifest));
  const sums = await Promise.all(
    ["bundle.json", "images.tar"].map(async (name) =>
      `${await sha256Of(await fileSource(name, `${bundle}/${name}`))}  ${name}\n`
    ),
  );
  await Deno.writeTextFile(`${bundle}/SHA256SUMS`, sums.join(""));
  return bundle;
}

const placed = () => Deno.readFile(`${dataDir}/agent/images/bundle.tar`);
const whole = async () => (await writeTar(`${directory}/again`, FILES)).sha256;

describe("unbundle", () => {
  it("puts the images in their place; a delta is joined with what lies there", async () => {
    await unbundle(await unpacked(FILES), { dataDir, check: false });
    const first = await placed();
    const base = await whole();
    await unbundle(await unpacked(FILES.slice(1), { base }), { dataDir, check: false });
    expect(await placed()).toEqual(first);
    expect((await Array.fromAsync(Deno.readDir(`${dataDir}/agent/images`))).map(({ name }) => name)).toEqual([
      "bundle.tar",
    ]);
  });

  it("writes nothing when it is to check", async () => {
    expect((await unbundle(await unpacked(FILES), { dataDir, check: true })).images.names).toEqual(["example/a:1"]);
    await expect(Deno.stat(dataDir)).rejects.toThrow(Deno.errors.NotFound);
  });

  for (
    const [what, make, message] of [
      [
        "a delta without its base",
        () => unpacked(FILES.slice(1), { base: "0".repeat(64) }),
        /bundle\.tar is not there, wanted is 0+/,
      ],
      ["a file that is missing from it", () => unpacked(FILES.slice(1)), /lacks blobs\/sha256\/aa/],
      [
        "another content",
        () => unpacked([textSource(FILES[0]!.name, "forged"), ...FILES.slice(1)]),
        /the images have the SHA-256/,
      ],
      ["a name that leaves the directory", () => unpacked(FILES, { name: "../etc" }), /bundle\.json is damaged/],
      [
        "a format of the future",
        () => unpacked(FILES, { format: 2 as 1 }),
        /has the format 2; this Skiff knows format 1/,
      ],
    ] as const
  ) {
    it(`refuses ${what}, and leaves nothing`, async () => {
      const bundle = await make();
      await expect(unbundle(bundle, { dataDir, check: false })).rejects.toThrow(message);
      const left = await Array.fromAsync(Deno.readDir(`${dataDir}/agent/images`)).catch(() => []);
      expect(left).toEqual([]);
    });
  }

  it("refuses what its sums do not name", async () => {
    const bundle = await unpacked(FILES);
    await Deno.writeTextFile(`${bundle}/images.tar`, "x", { append: true });
    await expect(unbundle(bundle, { dataDir, check: true })).rejects.toThrow(
      /images\.tar has the SHA-256 .* refused, nothing was changed/,
    );
    await Deno.remove(`${bundle}/SHA256SUMS`);
    await expect(unbundle(bundle, { dataDir, check: true })).rejects.toThrow(
      "is no unpacked bundle: it has no SHA256SUMS",
    );
  });
});

describe("tarIndex", () => {
  it("finds every file where it lies, as tar does", async () => {
    const path = `${directory}/a.tar`;
    await writeTar(path, FILES);
    using file = await Deno.open(path);
    const index = await tarIndex(file);
    expect(index.map(({ name }) => name)).toEqual(FILES.map(({ name }) => name));
    expect(await textOf(file, index[1]!)).toMatch(/^(content of blobs\/sha256\/bb ){100}$/);
    const pieces = await Array.fromAsync(contentOf(file, index[2]!));
    expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(index[2]!.size);
    const { stdout } = await new Deno.Command("tar", { args: ["-tf", path] }).output();
    expect(new TextDecoder().decode(stdout).trim().split("\n")).toEqual(FILES.map(({ name }) => name));
  });

  it("refuses what is cut off, and what is no archive", async () => {
    const path = `${directory}/a.tar`;
    await writeTar(path, FILES);
    await Deno.truncate(path, 3000);
    using cut = await Deno.open(path);
    await expect(tarIndex(cut)).rejects.toThrow("the archive is cut off");
    await Deno.writeTextFile(path, "x".repeat(2000));
    using other = await Deno.open(path);
    await expect(tarIndex(other)).rejects.toThrow("no tar header at byte 0");
  });
});

describe("the bundle's texts", () => {
  it("are read as they were written, damage is told", () => {
    expect(() => parseManifest("{", "the stick")).toThrow(
      "the stick is no bundle of images: its bundle.json cannot be read",
    );
    const sum = "ab".repeat(32);
    expect([...parseSums(`${sum}  a\n${sum} *b c\nnonsense\n`)]).toEqual([["a", sum], ["b c", sum]]);
  });
});
