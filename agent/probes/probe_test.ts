import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import type { Probe } from "../../api/types/core_v1.ts";
import { FakeRuntime } from "../pods/testing/fake_runtime.ts";
import { RuntimeError } from "../runtime/contract.ts";
import { decodeStatus, encodeRequest } from "./grpc_check.ts";
import type { ProbeOutcome } from "./outcome.ts";
import { probe } from "./probe.ts";
import { Prober } from "./prober.ts";
import { count, noTally } from "./threshold.ts";

const runtime = new FakeRuntime(() => 0);
const container = { name: "web", ports: [{ name: "http", containerPort: 1 }] };
const { signal } = new AbortController();

function ask(spec: Probe, target: Partial<Parameters<typeof probe>[1]> = {}): Promise<ProbeOutcome> {
  return probe(spec, { runtime, container, containerId: "c", podIP: "127.0.0.1", ...target }, signal);
}

async function withServer(body: (port: number, seen: string[]) => Promise<void>): Promise<void> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(
      `${request.url} ${request.headers["user-agent"]} ${request.headers["x-a"] ?? ""} ${request.headers.host}`,
    );
    const code = Number(request.url!.slice(1).split("?")[0]) || 200;
    const location = request.url === "/302" ? "/200" : "http://example.invalid/";
    response.writeHead(code, code >= 300 && code < 400 ? { location } : {});
    if (request.url !== "/slow") response.end("x".repeat(20_000));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await body((server.address() as AddressInfo).port, seen);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("probe", () => {
  it("takes HTTP answers below 400, follows redirects on the host, and sends the headers", () =>
    withServer(async (port, seen) => {
      const httpHeaders = [{ name: "X-A", value: "1" }, { name: "Host", value: "me" }];
      expect((await ask({ httpGet: { port, path: "/200?q=1", httpHeaders } })).success).toBe(true);
      expect(seen[0]).toBe("/200?q=1 kube-probe/1.36 1 me");
      expect((await ask({ httpGet: { port, path: "/302" } })).success).toBe(true);
      expect(seen[2]).toContain("/200");
      expect((await ask({ httpGet: { port, path: "/301" } })).success).toBe(true);
      expect(await ask({ httpGet: { port, path: "/404" } })).toEqual({
        success: false,
        output: "HTTP probe failed with statuscode: 404",
      });
      expect((await ask({ httpGet: { port: container.ports[0]!.name } })).success).toBe(false);
      const slow = await ask({ httpGet: { port, path: "/slow" }, timeoutSeconds: 0.1 });
      expect(slow.success).toBe(false);
      expect(slow.output).toContain("within 0.1s");
    }));

  it("connects over TCP", () =>
    withServer(async (port) => {
      expect((await ask({ tcpSocket: { port } })).success).toBe(true);
      expect((await ask({ tcpSocket: { port: 1 } })).success).toBe(false);
      expect((await ask({ tcpSocket: { port: "none" } })).output).toContain('no port named "none"');
    }));

  it("runs commands, and blames no container for a runtime that is away", async () => {
    runtime.answers.set("bad", 1);
    expect((await ask({ exec: { command: ["good"] } })).success).toBe(true);
    expect((await ask({ exec: { command: ["bad"] } })).success).toBe(false);
    const failing = (reason: "unavailable" | "deadlineExceeded") =>
      Object.assign(new FakeRuntime(() => 0), { execSync: () => Promise.reject(new RuntimeError(reason, "away")) });
    expect((await ask({ exec: {} }, { runtime: failing("unavailable") })).success).toBeUndefined();
    expect((await ask({ exec: {} }, { runtime: failing("deadlineExceeded") })).success).toBe(false);
  });

  it("asks over gRPC", async () => {
    const { Server, ServerCredentials } = await import("@grpc/grpc-js");
    const server = new Server();
    const bytes = { serialize: (value: Uint8Array) => Buffer.from(value), deserialize: (value: Uint8Array) => value };
    server.addService({
      check: {
        path: "/grpc.health.v1.Health/Check",
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes.serialize,
        requestDeserialize: bytes.deserialize,
        responseSerialize: bytes.serialize,
        responseDeserialize: bytes.deserialize,
      },
    }, {
      check: (call: { request: Uint8Array }, answer: (error: null, value: Uint8Array) => void) =>
        answer(null, new Uint8Array([8, call.request.length === 0 ? 1 : 2])),
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(
        "127.0.0.1:0",
        ServerCredentials.createInsecure(),
        (error, bound) => error ? reject(error) : resolve(bound),
      )
    );
    try {
      expect(await ask({ grpc: { port } })).toMatchObject({ success: true });
      expect(await ask({ grpc: { port, service: "other" } })).toEqual({
        success: false,
        output: 'service unhealthy (responded with "NOT_SERVING")',
      });
      expect((await ask({ grpc: { port: 1 } })).success).toBe(false);
    } finally {
      server.forceShutdown();
    }
  });
});

describe("the health check's messages", () => {
  it("are protobuf", () => {
    expect([...encodeRequest("")]).toEqual([]);
    expect([...encodeRequest("ab")]).toEqual([0x0a, 2, 97, 98]);
    expect(encodeRequest("x".repeat(200)).length).toBe(203);
    expect(decodeStatus(new Uint8Array([]))).toBe(0);
    expect(decodeStatus(new Uint8Array([0x12, 1, 9, 8, 3]))).toBe(3);
    expect(decodeStatus(new Uint8Array([0xff, 0xff, 0xff]))).toBe(0);
  });
});

describe("count", () => {
  it("turns when the threshold is reached, and starts over with each other answer", () => {
    const verdicts: (boolean | undefined)[] = [];
    let tally = noTally;
    for (const answer of [true, false, false, true, false, false, false, true, true]) {
      tally = count(tally, answer, { successThreshold: 2, failureThreshold: 3 });
      verdicts.push(tally.verdict);
    }
    expect(verdicts).toEqual([undefined, undefined, undefined, undefined, undefined, undefined, false, false, true]);
  });
});

describe("Prober", () => {
  it("waits for the first, then asks each period, and stops when it is closed", async () => {
    const clock = new ManualClock();
    const verdicts: boolean[] = [];
    let asked = 0;
    const prober = new Prober({
      clock,
      container,
      probe: { initialDelaySeconds: 5, periodSeconds: 10, failureThreshold: 2 },
      startedAt: clock.now(),
      random: () => 0,
      ask: () => Promise.resolve({ success: ++asked === 1, output: "" }),
      onVerdict: (success) => verdicts.push(success),
      onFailure: () => {},
    });
    await clock.advance(4_900);
    expect(asked).toBe(0);
    await clock.advance(200);
    expect(verdicts).toEqual([true]);
    await clock.advance(10_000);
    expect(verdicts).toEqual([true]);
    await clock.advance(10_000);
    expect(verdicts).toEqual([true, false]);
    prober.close();
    await clock.advance(60_000);
    expect(asked).toBe(3);
    expect(clock.pending).toBe(0);
  });
});
