import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { FrameBoundaries, writeFrameByFrame } from "./web_socket_frames.ts";

function frame(length: number, masked = false): Uint8Array {
  const mask = masked ? 0x80 : 0;
  const extension = length < 126 ? [] : length < 65536 ? [length >> 8, length & 255] : [0, 0, 0, 0, 0, 1, 0, 0];
  const second = mask | (length < 126 ? length : length < 65536 ? 126 : 127);
  return Uint8Array.from([0x82, second, ...extension, ...masked ? [1, 2, 3, 4] : [], ...new Array(length).fill(7)]);
}

/** All lengths that have a form of their own; the last is written in eight bytes. */
const frames = [0, 1, 125, 126, 65535, 65536].flatMap((length) => [frame(length), frame(length, true)]);
const whole = Buffer.concat(frames);

describe("frames of a WebSocket", () => {
  it("are told apart, however their bytes are cut", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = (below: number) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % below;
    for (const most of [100, 1000, 100_000, whole.length]) {
      const boundaries = new FrameBoundaries();
      const seen: number[] = [];
      let before = 0;
      for (let at = 0; at < whole.length;) {
        const end = Math.min(whole.length, at + 1 + random(most));
        const pieces = boundaries.split(whole.subarray(at, end));
        expect(Buffer.concat(pieces).equals(whole.subarray(at, end))).toBe(true);
        for (const piece of pieces) seen.push(before += piece.length);
        at = end;
      }
      const ends = frames.map((_, i) => frames.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
      expect([`seed ${seed}`, ends.filter((end) => !seen.includes(end))]).toEqual([`seed ${seed}`, []]);
    }
  });

  it("leave a socket one by one, those that waited too", async () => {
    const written: number[] = [];
    const socket = new Duplex({
      read() {},
      write(chunk: Uint8Array, _encoding, callback) {
        written.push(chunk.length);
        setTimeout(callback, 0);
      },
      writev: () => {
        throw new Error("several at once");
      },
    });
    writeFrameByFrame(socket);
    const small = frames.slice(0, 4);
    socket.write(Buffer.concat(small));
    socket.write(small[0]);
    socket.write(small[1]);
    await new Promise<void>((resolve) => socket.end(() => resolve()));
    expect(written).toEqual([...small, small[0]!, small[1]!].map(({ length }) => length));
  });
});
