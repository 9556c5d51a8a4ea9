import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { SpdyBoundary } from "./spdy_boundary.ts";
import { dataFrames, pingFrame } from "./spdy_frames.ts";

const HEAD = new TextEncoder().encode("HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\n\r\n");

describe("SpdyBoundary", () => {
  it("is reached behind the answer and behind each frame, and nowhere else", () => {
    const parts = [
      HEAD,
      pingFrame(2),
      ...dataFrames(1, new Uint8Array(70_000).fill(0xff), false),
      ...dataFrames(3, new Uint8Array(), true),
      pingFrame(4),
    ];
    const bytes = Buffer.concat(parts);
    const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + part.length, 0));
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    let state = seed;
    const random = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below;
    for (let round = 0; round < 20; round++) {
      const boundary = new SpdyBoundary();
      expect(boundary.isReached).toBe(false);
      for (let at = 0; at < bytes.length;) {
        // Short pieces near the ends, so that each is met.
        const next = ends.find((end) => end > at)!;
        const size = random(3) === 0 ? next - at : 1 + random(random(2) === 0 ? 12 : 3_000);
        const piece = bytes.subarray(at, at + size);
        boundary.push(piece);
        at += piece.length;
        expect([at, boundary.isReached]).toEqual([at, ends.includes(at)]);
      }
    }
  });

  it("is never reached behind a refusal", () => {
    for (const size of [1, 5, 1000]) {
      const boundary = new SpdyBoundary();
      const refusal = new TextEncoder().encode("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      for (let at = 0; at < refusal.length; at += size) {
        boundary.push(refusal.subarray(at, at + size));
        expect(boundary.isReached).toBe(false);
      }
    }
  });
});
