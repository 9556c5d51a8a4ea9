import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { sortKey } from "../mvcc/key_order.ts";
import { randomSource } from "../suite/random.ts";
import { keyBytes, keyText, OWN_PREFIX, rangeOf } from "./keys.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("keys of bytes as text", () => {
  it("leaves UTF-8 as it is", () => {
    for (const key of ["/registry/pods/default/a", "é", "\u{1f600}", "\ufeffa", "\uffff"]) {
      expect(keyText(Buffer.from(key))).toBe(key);
      expect(Buffer.from(keyBytes(key)).toString()).toBe(key);
    }
  });

  it("makes no text that an engine would refuse, or that is the face's own", () => {
    for (
      const key of [
        bytes(0),
        bytes(0, 0),
        bytes(1),
        bytes(0xff),
        bytes(0xed, 0xa0, 0x80),
        bytes(0xf4, 0x8f, 0xbf, 0xbf),
      ]
    ) {
      const text = keyText(key);
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toContain("\0");
      expect(text > `${OWN_PREFIX}\uffff`).toBe(true);
      expect([...keyBytes(text)]).toEqual([...key]);
    }
  });

  it("keeps every key and their order", () => {
    const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
    const random = randomSource(seed);
    // Bytes at which something changes, so that half characters, surrogates and overlong forms are frequent.
    const interesting = [
      0,
      1,
      2,
      0x2f,
      0x7f,
      0x80,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc2,
      0xc3,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    ];
    const key = () =>
      Uint8Array.from(
        { length: 1 + Math.floor(random() * 5) },
        () => interesting[Math.floor(random() * interesting.length)]!,
      );
    for (let round = 0; round < 5000; round++) {
      const [a, b] = [key(), key()];
      const [textA, textB] = [sortKey(keyText(a)), sortKey(keyText(b))];
      const order = textA < textB ? -1 : textA > textB ? 1 : 0;
      if (order !== Buffer.compare(a, b) || Buffer.compare(keyBytes(keyText(a)), a) !== 0) {
        throw new Error(`[${a}] and [${b}] with SKIFF_TEST_SEED=${seed}: ${JSON.stringify([textA, textB])}`);
      }
    }
  });

  it("makes ranges", () => {
    const none = bytes();
    expect(rangeOf({ key: Buffer.from("/a"), rangeEnd: Buffer.from("/b") })).toEqual({ start: "/a", end: "/b" });
    expect(rangeOf({ key: Buffer.from("/a"), rangeEnd: none })).toEqual({ start: "/a", end: "/a\x01\x02" });
    expect(rangeOf({ key: bytes(0), rangeEnd: bytes(0) })).toEqual({ start: "\x01\x02", end: "\u{10ffff}" });
  });
});
