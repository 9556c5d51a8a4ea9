import { gzipSync } from "node:zlib";
import type { SeededRandom } from "../../../api/meta/_seeded_random.ts";
import { oddText } from "./texts.ts";

const encoder = new TextEncoder();
const json = "application/json";
const yaml = "application/yaml";
const protobuf = "application/vnd.kubernetes.protobuf";

/** Bytes that were once sound. */
export function mutateBytes(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = random.below(bytes.length + 1);
  return random.pick<() => Uint8Array>([
    () => {
      for (let i = 0; i <= random.below(8) && copy.length > 0; i++) {
        copy[random.below(copy.length)]! ^= 1 << random.below(8);
      }
      return copy;
    },
    () => copy.subarray(0, at),
    () => copy.subarray(at),
    () => join(copy.subarray(0, at), encoder.encode(oddText(random)), copy.subarray(at)),
    () => join(copy, copy),
    () =>
      join(
        copy.subarray(0, at),
        Uint8Array.from({ length: random.below(40) }, () => random.below(256)),
        copy.subarray(at),
      ),
  ])();
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

type Body = [type: string, body: Uint8Array];
type MakeBody = (random: SeededRandom) => Body;

const text =
  (type: string, make: (random: SeededRandom) => string): MakeBody => (random) => [type, encoder.encode(make(random))];
const head = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x0"`;
const magic = [0x6b, 0x38, 0x73, 0x00];

/** Bodies that no client in its senses sends. */
export const oddBodies: readonly MakeBody[] = [
  text(json, (r) => "[".repeat(1 + r.below(40_000))),
  text(json, (r) => `${'{"a":'.repeat(1 + r.below(20_000))}1`),
  text(json, (r) => `${head}},"data":{${'"a":"b",'.repeat(r.below(4_000))}"c":"d"}}`),
  text(json, (r) => `${head},"labels":${"[".repeat(r.below(3_000))}}}`),
  text(
    json,
    (r) =>
      `${head}},"data":{"a":${
        r.pick(["1e400", "-0", "1.".padEnd(5_000, "0"), "9".repeat(5_000), "\\u0000", '"\\ud800"', "NaN"])
      }}}`,
  ),
  text(json, () => `${head}},"__proto__":{"x":1},"constructor":{"prototype":{"y":1}},"data":{"__proto__":"z"}}`),
  text(json, (r) => `${head},"annotations":{"a":"${"x".repeat(r.below(400_000))}"}}}`),
  text(json, (r) => `"${"\\u0041".repeat(r.below(10_000))}`),
  text(json, (r) => r.pick(["", " ", "null", "0", '""', "[]", "{}", "\ufeff{}", "{}{}", "{'a':1}", "//x"])),
  text(yaml, (r) => {
    const levels = Array.from(
      { length: 2 + r.below(12) },
      (_, i) => `a${i}: &a${i} [${Array(9).fill(i === 0 ? "x" : `*a${i - 1}`)}]`,
    );
    return levels.join("\n");
  }),
  text(yaml, (r) => `a: &a\n  ${r.pick(["<<: *a", "b: *a", "? *a"])}\n`),
  text(
    yaml,
    (r) =>
      r.pick([
        "!!js/function 'x'",
        "!!binary x",
        "--- a\n--- b",
        "%YAML 9.9\n---\na",
        "a: !<tag:x> b",
        "? [a, b]\n: c",
        "\t- a",
        "a: |9\n x",
        "- - - - - - -",
        "!!set {a, b}",
        "a: 1e999",
        "a: 0x_",
      ]),
  ),
  text(yaml, (r) => `${"- ".repeat(1 + r.below(5_000))}x`),
  text(yaml, (r) => `${"{a: ".repeat(1 + r.below(5_000))}x`),
  text(yaml, (r) => `a: ${"'".repeat(r.below(5_000))}`),
  (
    random,
  ) => [protobuf, Uint8Array.from([...magic, ...Array.from({ length: random.below(300) }, () => random.below(256))])],
  // Fields that say that they are longer than there are bytes, and groups that never end.
  (
    random,
  ) => [
    protobuf,
    Uint8Array.from([...magic, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, ...Array(random.below(50)).fill(0x0b)]),
  ],
  (random) => [protobuf, Uint8Array.from([...magic, 0x12, ...Array(random.below(2_000)).fill(0x0a)])],
  (random) => [protobuf, Uint8Array.from([...magic.slice(0, random.below(5))])],
  (random) => [json, gzipSync(new Uint8Array(random.below(1_000_000)))],
  (
    random,
  ) => [
    random.pick([json, yaml, protobuf, "", "x/y"]),
    Uint8Array.from({ length: random.below(2_000) }, () => random.below(256)),
  ],
  // Once in a while more than anybody takes.
  (random) => [json, random.below(60) === 0 ? new Uint8Array(3_200_000).fill(0x20) : encoder.encode("{}")],
];
