import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, type Frame, MAX_MESSAGE } from "./frames.ts";
import { MAX_STREAMS, Multiplexer } from "./multiplexer.ts";
import { WINDOW } from "./tunnel_stream.ts";

/** Two ends whose messages take a turn of the event loop each. */
function pair(accept: (stream: Duplex) => void) {
  const sent: Uint8Array[] = [];
  const opener: Multiplexer = new Multiplexer({ send: (message) => later(() => acceptor.receive(message), message) });
  const acceptor: Multiplexer = new Multiplexer({
    send: (message) => later(() => opener.receive(message), message),
    accept,
  });
  function later(deliver: () => void, message: Uint8Array): void {
    sent.push(message);
    setTimeout(deliver, 0);
  }
  return { opener, acceptor, sent };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Not by iterating, which would end the other direction as well. */
function textOf(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.on("data", (chunk) => text += chunk);
    stream.on("end", () => resolve(text));
    stream.on("error", reject);
  });
}

describe("frames", () => {
  const frames: readonly Frame[] = [
    { kind: "open", stream: 1 },
    { kind: "data", stream: 2 ** 32 - 1, bytes: Uint8Array.of(1, 2, 3) },
    { kind: "data", stream: 7, bytes: new Uint8Array() },
    { kind: "credit", stream: 7, bytes: 65_536 },
    { kind: "end", stream: 7 },
    { kind: "reset", stream: 7 },
  ];
  it("come back as they went", () => {
    expect(frames.map((frame) => decodeFrame(encodeFrame(frame)))).toEqual(frames);
  });

  it("are refused when they are of another kind, too short or too long", () => {
    for (const wrong of [[], [0], [9, 0, 0, 0, 1], [2, 0, 0, 0, 1, 5]]) {
      expect(() => decodeFrame(Uint8Array.from(wrong))).toThrow("frame");
    }
    const long = new Uint8Array(MAX_MESSAGE + 1);
    long[0] = 1;
    expect(() => decodeFrame(long)).toThrow("bytes");
  });
});

describe("Multiplexer", () => {
  it("carries many connections, each whole and in order, whose directions end apart", async () => {
    const { opener, acceptor } = pair((stream) => {
      textOf(stream).then((text) => stream.end(`got ${text.length} of ${text[0]}`));
    });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => {
      const stream = opener.open();
      stream.end(String(i % 10).repeat(1000 + i * 7001));
      return textOf(stream);
    }));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `got ${1000 + i * 7001} of ${i % 10}`));
    await turn();
    expect([opener.size, acceptor.size]).toEqual([0, 0]);
  });

  it("holds a writer up whose reader is slow, and nobody else", async () => {
    const accepted: Duplex[] = [];
    const { opener } = pair((stream) => void accepted.push(stream));
    const slow = opener.open();
    let written = 0;
    const feed = () => {
      while (written < 64 * WINDOW && slow.write(Buffer.alloc(64 * 1024))) written += 64 * 1024;
    };
    slow.on("drain", feed);
    feed();
    await turn();
    await turn();
    expect(written).toBeLessThanOrEqual(2 * WINDOW);
    expect(written).toBeGreaterThan(WINDOW / 2);
    // Meanwhile another one gets through.
    const quick = opener.open();
    quick.end("hello");
    await turn();
    expect(await textOf(accepted[1]!)).toBe("hello");
    // Once it is read, all of it comes.
    let read = 0;
    accepted[0]!.on("data", (chunk: Uint8Array) => read += chunk.length);
    const end = Date.now() + 20_000;
    while (read < 32 * WINDOW && Date.now() < end) await turn();
    expect(read).toBeGreaterThanOrEqual(32 * WINDOW);
    slow.destroy();
    accepted[1]!.destroy();
  });

  it("tells the other end when one gives up, and ends everything with the tunnel", async () => {
    const accepted: Duplex[] = [];
    const errors: string[] = [];
    const { opener, acceptor } = pair((stream) => {
      accepted.push(stream);
      stream.on("error", (error) => errors.push(error.message));
    });
    const [a, b] = [opener.open(), opener.open()];
    a.write("x");
    await turn();
    a.destroy();
    await turn();
    expect(errors).toEqual(["the other end of the tunnel gave the connection up"]);
    expect([opener.size, acceptor.size]).toEqual([1, 1]);
    const ended = new Promise((resolve) => b.once("close", resolve));
    opener.close(new Error("the node has gone"));
    await ended;
    expect(() => opener.open()).toThrow("closed");
    acceptor.close();
    expect(accepted.every((stream) => stream.destroyed)).toBe(true);
  });

  it("takes no more streams than there may be, and none from who may open none", async () => {
    const { opener, sent } = pair(() => {});
    for (let i = 0; i < MAX_STREAMS; i++) opener.open();
    expect(() => opener.open()).toThrow(`${MAX_STREAMS} connections`);
    await turn();
    expect(() => opener.receive(encodeFrame({ kind: "open", stream: MAX_STREAMS + 1 }))).toThrow("may not be opened");
    expect(sent.length).toBe(MAX_STREAMS);
    opener.close();
  });

  it("is done with an end that does not keep to the windows", async () => {
    const { acceptor } = pair(() => {});
    acceptor.receive(encodeFrame({ kind: "open", stream: 1 }));
    const bytes = new Uint8Array(16 * 1024);
    for (let i = 0; i < WINDOW / bytes.length; i++) acceptor.receive(encodeFrame({ kind: "data", stream: 1, bytes }));
    expect(() => acceptor.receive(encodeFrame({ kind: "data", stream: 1, bytes: bytes.subarray(0, 1) }))).toThrow(
      "room",
    );
    expect(() => acceptor.receive(encodeFrame({ kind: "credit", stream: 1, bytes: 1 }))).toThrow("credit");
    expect(() => acceptor.receive(encodeFrame({ kind: "end", stream: 2 }))).toThrow("no stream 2");
    acceptor.close();
    await turn();
  });
});
