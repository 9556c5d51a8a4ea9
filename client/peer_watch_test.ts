import { describe, expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { isEstablished, PeerWatch } from "./peer_watch.ts";

async function pair(hostname: string) {
  using listener = Deno.listen({ hostname, port: 0 });
  const peer = await Deno.connect({ hostname, port: listener.addr.port });
  const mine = await listener.accept();
  return { peer, mine, socket: { localPort: mine.localAddr.port, remotePort: mine.remoteAddr.port } };
}

describe("isEstablished", () => {
  it("tells a peer that has gone behind unread input from one that waits", async () => {
    for (const hostname of ["127.0.0.1", "::1"]) {
      const { peer, mine, socket } = await pair(hostname);
      await peer.write(new Uint8Array(1000));
      expect(await isEstablished(socket)).toBe(true);
      peer.close();
      while (await isEstablished(socket));
      mine.close();
    }
    expect(await isEstablished({ localPort: undefined, remotePort: 1 })).toBe(true);
  });
});

describe("PeerWatch", () => {
  it("looks for the peer while its connection is left unread, not otherwise", async () => {
    const { peer, mine, socket } = await pair("127.0.0.1");
    const clock = new ManualClock();
    let held = true;
    const gone = Promise.withResolvers<void>();
    let calls = 0;
    let probes = 0;
    const onGone = () => {
      calls++;
      gone.resolve();
    };
    const watch = new PeerWatch(clock, socket, { isHeld: () => held, onGone, probe: () => probes++ });
    const looked = async () => {
      await clock.advance(15_000);
      while (held && calls === 0 && clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    expect(clock.pending).toBe(0);
    watch.held();
    watch.held();
    expect(clock.pending).toBe(1);
    await looked();
    expect([calls, probes, clock.pending]).toEqual([0, 1, 1]);
    held = false;
    await looked();
    expect(clock.pending).toBe(0);
    held = true;
    peer.close();
    while (await isEstablished(socket));
    watch.held();
    await looked();
    await gone.promise;
    watch.held();
    expect([calls, probes, clock.pending]).toEqual([1, 1, 0]);
    mine.close();
  });
});
