import { expect, it } from "vitest";
import type { WebSocket } from "./web_socket.ts";
import { WebSocketSender } from "./web_socket_pipe.ts";

it("WebSocketSender holds its source back while too much waits", () => {
  const sent: { data: Uint8Array; done: () => void }[] = [];
  const socket = {
    readyState: 1,
    OPEN: 1,
    send: (data: Uint8Array, done: () => void) => void sent.push({ data, done }),
  } as unknown as WebSocket;
  const calls: string[] = [];
  const sender = new WebSocketSender(socket, {
    hold: () => calls.push("hold"),
    release: () => calls.push("release"),
  });
  const piece = new Uint8Array(400_000).fill(7);
  for (let i = 0; i < 4; i++) sender.send(piece, 1);
  expect(calls).toEqual(["hold"]);
  expect([sent[0]!.data[0], sent[0]!.data[1], sent[0]!.data.length]).toEqual([1, 7, 400_001]);
  for (const { done } of sent) done();
  expect(calls).toEqual(["hold", "release"]);
});
