import { Writer } from "protobufjs/minimal";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../meta/_seeded_random.ts";
import { WireWriter } from "./_wire_writer.ts";

const edges = [0, 1, 127, 128, 16_383, 16_384, 2 ** 21 - 1, 2 ** 21, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const beyond = [2 ** 32, 2 ** 35 - 1, 2 ** 35, 2 ** 49, Number.MAX_SAFE_INTEGER];

describe("the wire writer", () => {
  it("writes integers as protobufjs does", () => {
    const [ours, theirs] = [new WireWriter(), Writer.create()];
    for (const value of [...edges, ...beyond]) {
      for (const signed of [value, -value]) {
        ours.integer(signed);
        theirs.int64(signed);
      }
    }
    for (const value of edges) {
      ours.varint(value);
      theirs.uint32(value);
    }
    ours.double(-1.5e300);
    theirs.double(-1.5e300);
    expect(ours.take()).toEqual(new Uint8Array(theirs.finish()));
  });

  it("writes texts of all lengths and alphabets as protobufjs does", () => {
    const [ours, theirs] = [new WireWriter(), Writer.create()];
    for (const length of [0, 1, 42, 43, 63, 64, 65, 127, 128, 5_461, 5_462, 16_383, 16_384, 20_000]) {
      for (const character of ["a", "ü", "✓", "𝄞"]) {
        ours.text(character.repeat(length));
        theirs.string(character.repeat(length));
      }
      ours.text(`${"a".repeat(length)}✓`);
      theirs.string(`${"a".repeat(length)}✓`);
    }
    expect(ours.take()).toEqual(new Uint8Array(theirs.finish()));
  });

  it("puts the length before what turned out longer or shorter than expected", () => {
    const random = seededRandom();
    const [ours, theirs] = [new WireWriter(), Writer.create()];
    for (let i = 0; i < 200; i++) {
      const content = "a".repeat(random.pick([0, 1, 125, 126, 127, 128, 16_382, 16_383, 16_384]));
      const [outer, inner] = [1 + random.below(4), 1 + random.below(4)];
      ours.message(outer, (writer) => void writer.message(inner, (deep) => deep.text(content), undefined), undefined);
      theirs.fork().fork().string(content).ldelim().ldelim();
    }
    const [seed, bytes] = [random.seed, ours.take()];
    expect({ seed, bytes }).toEqual({ seed, bytes: new Uint8Array(theirs.finish()) });
  });

  it("tells how many bytes a length took", () => {
    const widths = [0, 127, 128, 16_383, 16_384, 2 ** 21].map((length) =>
      new WireWriter().message(2, (writer) => writer.raw(new Uint8Array(length)), undefined)
    );
    expect(widths).toEqual([1, 1, 2, 2, 3, 4]);
  });

  it("is empty after giving its bytes away", () => {
    const writer = new WireWriter();
    writer.blob(new Uint8Array(3_000_000).fill(1));
    const taken = writer.take();
    expect([taken.length, writer.length]).toEqual([3_000_004, 0]);
    writer.text("x");
    expect(writer.take()).toEqual(new Uint8Array([1, 0x78]));
    expect(taken[5]).toBe(1);
  });
});
