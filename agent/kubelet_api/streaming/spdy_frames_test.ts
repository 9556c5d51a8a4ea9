import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { dataFrames, pingFrame, SpdyDecoder, type SpdyFrame, SynStreamEncoder } from "./spdy_frames.ts";

/** Frames of which data of one stream that follow each other are joined. */
function decode(bytes: Uint8Array, cuts: () => number): SpdyFrame[] {
  const decoder = new SpdyDecoder();
  const frames: SpdyFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = cuts();
    for (const frame of decoder.push(bytes.slice(at, at + size))) {
      const last = frames.at(-1);
      if (frame.type === "data" && last?.type === "data" && last.streamId === frame.streamId && !last.fin) {
        frames[frames.length - 1] = { ...frame, data: Buffer.concat([last.data, frame.data]) };
      } else frames.push(frame);
    }
    at += size;
  }
  return frames;
}

const REPLY = Uint8Array.of(0x80, 3, 0, 2, 0, 0, 0, 6, 0, 0, 0, 1, 9, 9);
const SETTINGS = Uint8Array.of(0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0);
const RESET = Uint8Array.of(0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 2);
const GO_AWAY = Uint8Array.of(0x80, 3, 0, 7, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0);

describe("SPDY frames", () => {
  it("are read however the network cuts them", () => {
    const large = new Uint8Array(600_000).map((_, i) => i * 7);
    const bytes = Buffer.concat([
      REPLY,
      SETTINGS,
      ...dataFrames(3, new TextEncoder().encode("hello"), false),
      pingFrame(2),
      ...dataFrames(5, large, true),
      RESET,
      ...dataFrames(3, new Uint8Array(), true),
      GO_AWAY,
    ]);
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = () => 1 + (state = (state * 1103515245 + 12345) & 0x7fffffff) % 5000;
    for (const cuts of [() => bytes.length, () => 4_001, random]) {
      const frames = decode(bytes, cuts);
      expect(frames.map((f) => f.type === "data" ? `${f.streamId}:${f.data.length}${f.fin ? "." : ""}` : f.type))
        .toEqual(["reply", "3:5", "ping", "5:600000.", "reset", "3:0.", "goAway"]);
      const [data] = frames.filter((f) => f.type === "data" && f.streamId === 5);
      if (Buffer.compare((data as { data: Uint8Array }).data, large) !== 0) throw new Error(`wrong with seed ${seed}`);
    }
  });

  it("are read byte by byte", () => {
    const bytes = Buffer.concat([REPLY, ...dataFrames(3, new TextEncoder().encode("hello"), true), RESET]);
    expect(decode(bytes, () => 1).map(({ type }) => type)).toEqual(["reply", "data", "reset"]);
  });

  it("open streams with header blocks of one zlib stream", () => {
    const encoder = new SynStreamEncoder();
    const frames = [encoder.encode(1, { streamtype: "error" }), encoder.encode(3, { Port: "80", streamtype: "data" })];
    for (const [i, frame] of frames.entries()) {
      const view = new DataView(frame.buffer);
      expect([view.getUint32(0), view.getUint32(4) & 0xffffff, view.getUint32(8)])
        .toEqual([0x80030001, frame.length - 8, 2 * i + 1]);
    }
    const blocks = Buffer.concat(frames.map((frame) => frame.subarray(18)));
    // The stream is never ended; an empty last block and the checksum make it whole for this inflater.
    const ended = Buffer.concat([blocks, Uint8Array.of(1, 0, 0, 0xff, 0xff)]);
    const text = inflateSync(Buffer.concat([ended, adler32(ended)])).toString("latin1");
    expect(text).toBe(
      "\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05error" +
        "\0\0\0\x02\0\0\0\x04port\0\0\0\x0280\0\0\0\x0astreamtype\0\0\0\x04data",
    );
  });

  it("of another version or of senseless size are refused", () => {
    expect(() => [...new SpdyDecoder().push(Uint8Array.of(0x80, 2, 0, 1, 0, 0, 0, 0))]).toThrow(/version 2/);
    expect(() => [...new SpdyDecoder().push(Uint8Array.of(0x80, 3, 0, 1, 0, 0xff, 0, 0))]).toThrow(/bytes/);
    expect(() => [...new SpdyDecoder().push(Uint8Array.of(0x80, 3, 0, 3, 0, 0, 0, 2, 0, 0))]).toThrow(/frame 3 of 2/);
  });
});

/** Of what the stored blocks hold: each after five bytes of head, the first after two more. */
function adler32(stream: Uint8Array): Uint8Array {
  let [a, b] = [1, 0];
  for (let at = 2; at < stream.length;) {
    const length = stream[at + 1]! | stream[at + 2]! << 8;
    for (const byte of stream.subarray(at + 5, at + 5 + length)) [a, b] = [(a + byte) % 65521, (b + a + byte) % 65521];
    at += 5 + length;
  }
  return Uint8Array.of(b >> 8, b & 255, a >> 8, a & 255);
}
