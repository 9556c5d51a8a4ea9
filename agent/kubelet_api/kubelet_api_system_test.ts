import { createHash } from "node:crypto";
import * as tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";
import { testContainer, testSandbox } from "../runtime/suite_test_cases.ts";
import { BUSYBOX, type TestNode, testNode } from "../runtime/testing/test_node.ts";
import { rotateIfLarge } from "./logs/log_rotation.ts";
import { ChannelClient, get, type NodeApi, startNodeApi, type TestPod } from "./testing/node_api.ts";
import { SpdyDecoder, type SpdyFrame, SynStreamEncoder } from "./streaming/spdy_frames.ts";

const V5 = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const V4 = ["v4.channel.k8s.io"];
const [STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE] = [0, 1, 2, 3, 4, 255];

function query(command: string[], flags: string): string {
  return `?${flags}${command.map((word) => `&command=${encodeURIComponent(word)}`).join("")}`;
}

describe("the node's API over containerd", () => {
  let node: TestNode;
  let runtime: ContainerRuntime;
  let api: NodeApi;
  const pods: TestPod[] = [];

  beforeAll(async () => {
    node = await testNode();
    runtime = node.supervised.runtime;
    const sandbox = testSandbox("web", node.logDirectory);
    const sandboxId = await runtime.runSandbox(sandbox);
    const containers: Record<string, { id: string; logPath: string }> = {};
    const commands = {
      web: ["httpd", "-f", "-p", "8080", "-h", "/www"],
      talker: ["sh", "-c", "echo out; echo err >&2; echo more; sleep 3600"],
      cat: ["cat"],
      brief: ["sh", "-c", "echo said before; read line"],
    };
    for (const [name, command] of Object.entries(commands)) {
      const id = await runtime.createContainer(
        sandboxId,
        testContainer(name, BUSYBOX, command, { stdin: name === "cat" || name === "brief" }),
        sandbox,
      );
      await runtime.startContainer(id);
      containers[name] = { id, logPath: `${node.logDirectory}/${name}.log` };
    }
    pods.push({ namespace: "default", name: "web", sandboxId, containers });
    api = await startNodeApi(runtime, pods);
  });
  afterAll(async () => {
    await api?.api.close();
    await node?.end();
  });

  async function exec(command: string[], flags: string, protocols = V5): Promise<ChannelClient> {
    return await ChannelClient.open(api, `/exec/default/web/web${query(command, flags)}`, protocols);
  }

  it("runs a command and tells its exit code", async () => {
    const client = await exec(["sh", "-c", "echo out; echo err >&2; exit 7"], "output=1&error=1");
    await client.closed;
    expect(client.protocol).toBe("v5.channel.k8s.io");
    expect(client.text(STDOUT)).toBe("out\n");
    expect(client.text(STDERR)).toBe("err\n");
    expect(JSON.parse(client.text(ERROR))).toMatchObject({
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "7" }] },
    });
  });

  // More than a shim's queue holds: see StartGate.
  it("runs eighty commands that come at once", async () => {
    const numbers = Array.from({ length: 80 }, (_, i) => String(i));
    const outputs = await Promise.all(numbers.map(async (number) => {
      const client = await exec(["echo", number], "output=1");
      await client.closed;
      return client.text(STDOUT).trim();
    }));
    expect(outputs).toEqual(numbers);
  }, 60_000);

  it("ends a command's input when the client does, and tells success", async () => {
    const client = await exec(["cat"], "input=1&output=1&error=1");
    await client.send(STDIN, "x\n");
    await client.send(CLOSE, Uint8Array.of(STDIN));
    await client.closed;
    expect(client.text(STDOUT)).toBe("x\n");
    expect(JSON.parse(client.text(ERROR))).toMatchObject({ status: "Success" });
  });

  it("speaks v4 with clients that know nothing newer", async () => {
    const client = await exec(["head", "-n", "1"], "stdin=true&stdout=true", V4);
    expect(client.protocol).toBe("v4.channel.k8s.io");
    await client.send(STDIN, "one\ntwo\n");
    await client.closed;
    expect(client.text(STDOUT)).toBe("one\n");
  });

  it("gives a terminal its size, and its new one", async () => {
    const client = await exec(["sh"], "input=1&output=1&tty=1");
    await client.send(RESIZE, JSON.stringify({ Width: 101, Height: 37 }));
    const sizeIs = async (size: string) => {
      // The size is set beside the input: asked again until it is there.
      const seen = () => client.text(STDOUT).includes(size);
      while (!seen()) {
        await client.send(STDIN, "stty size\n");
        await Promise.race([client.until(seen), new Promise((resolve) => setTimeout(resolve, 50))]);
      }
    };
    await sizeIs("37 101");
    await client.send(RESIZE, JSON.stringify({ Width: 80, Height: 24 }));
    await sizeIs("24 80");
    await client.send(STDIN, "exit 3\n");
    await client.closed;
    expect(JSON.parse(client.text(ERROR))).toMatchObject({ details: { causes: [{ message: "3" }] } });
  });

  it("carries 50 MB out and in without a wrong byte", async () => {
    const size = 50 * 1024 * 1024;
    const out = await exec(["sh", "-c", `yes skiff | head -c ${size}`], "output=1");
    await out.closed;
    const expected = new TextEncoder().encode("skiff\n".repeat(size / 6 + 1)).subarray(0, size);
    expect(out.bytes(STDOUT).length).toBe(size);
    expect(sha256(out.bytes(STDOUT))).toBe(sha256(expected));

    const into = await exec(["sha256sum"], "input=1&output=1&error=1");
    for (let at = 0; at < size; at += 32 * 1024) await into.send(STDIN, expected.subarray(at, at + 32 * 1024));
    await into.send(CLOSE, Uint8Array.of(STDIN));
    await into.closed;
    expect(into.text(STDOUT)).toBe(`${sha256(expected)}  -\n`);
  }, 60_000);

  it("tells a command that cannot be started", async () => {
    const client = await exec(["/no/such/program"], "output=1&error=1");
    await client.closed;
    expect(client.text(ERROR)).toContain("no such file or directory");
  });

  it("attaches to a running container", async () => {
    const client = await ChannelClient.open(api, "/attach/default/web/cat?input=1&output=1", V5);
    await client.send(STDIN, "hello\n");
    await client.until(() => client.text(STDOUT) === "hello\n");
    client.close();
    await client.closed;
  });

  it("tells who attached too late to see anything that there is a log", async () => {
    const client = await ChannelClient.open(api, "/attach/default/web/brief?input=1&output=1", V5);
    await client.send(STDIN, "\n");
    await client.closed;
    expect(client.text(STDOUT)).toBe("");
    expect(JSON.parse(client.text(ERROR))).toMatchObject({
      status: "Failure",
      message: expect.stringContaining("its log has all of it"),
    });
  });

  it("forwards a port, in the older WebSocket form", async () => {
    const client = await ChannelClient.open(api, "/portForward/default/web?ports=8080", V4);
    await client.send(0, "GET /index.html HTTP/1.0\r\n\r\n");
    await client.until(() => client.text(0).includes("hello from busybox"));
    expect([...client.bytes(0).subarray(0, 2)]).toEqual([8080 & 0xff, 8080 >> 8]);
    client.close();
    await client.closed;
  });

  it("passes SPDY from the client through to the runtime", async () => {
    const socket = tls.connect({
      host: "127.0.0.1",
      port: api.api.port,
      ca: api.ca,
      ...api.apiServer,
      servername: "localhost",
    });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    const path = `/exec/default/web/web${query(["echo", "through"], "output=1")}`;
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n` +
        "X-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n",
    );
    const decoder = new SpdyDecoder();
    const frames: SpdyFrame[] = [];
    let head = "";
    await new Promise<void>((resolve) => {
      socket.on("data", (chunk: Uint8Array) => {
        let rest = chunk;
        if (!head) {
          const text = new TextDecoder("latin1").decode(chunk);
          head = text.slice(0, text.indexOf("\r\n\r\n"));
          rest = chunk.subarray(head.length + 4);
          const streams = new SynStreamEncoder();
          socket.write(streams.encode(1, { streamtype: "error" }));
          socket.write(streams.encode(3, { streamtype: "stdout" }));
        }
        frames.push(...[...decoder.push(rest)].map((f) => f.type === "data" ? { ...f, data: f.data.slice() } : f));
      });
      socket.once("close", () => resolve());
      socket.once("end", () => socket.end());
    });
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    const text = frames.map((f) => f.type === "data" && f.streamId === 3 ? new TextDecoder().decode(f.data) : "");
    expect(text.join("")).toBe("through\n");
  });

  it("shows a container's log, follows it to its end", async () => {
    // Two pipes have no order between them.
    const whole = await get(api, "/containerLogs/default/web/talker");
    expect([whole.status, whole.body.split("\n").sort()]).toEqual([200, ["", "err", "more", "out"]]);
    const [last, stderr, stamped] = await Promise.all([
      get(api, "/containerLogs/default/web/talker?tailLines=1"),
      get(api, "/containerLogs/default/web/talker?stream=Stderr"),
      get(api, "/containerLogs/default/web/talker?timestamps=true&limitBytes=11"),
    ]);
    expect([last.body, stderr.body]).toEqual([whole.body.replace(/^\w+\n\w+\n/, ""), "err\n"]);
    expect(stamped.body).toMatch(/^\d{4}-\d\d-\d\dT$/);
    const followed = get(api, "/containerLogs/default/web/talker?follow=true");
    const id = pods[0]!.containers.talker!.id;
    await runtime.stopContainer(id, 0);
    expect((await followed).body).toBe(whole.body);
  });

  it("loses no line of a log that is rotated while it is followed", async () => {
    const sandbox = testSandbox("web", node.logDirectory);
    const script = "i=0; while ! [ -e /tmp/go ]; do echo $i; i=$((i+1)); usleep 100; done";
    const command = ["sh", "-c", script];
    const id = await runtime.createContainer(pods[0]!.sandboxId, testContainer("counter", BUSYBOX, command), sandbox);
    const logPath = `${node.logDirectory}/counter.log`;
    Object.assign(pods[0]!.containers, { counter: { id, logPath } });
    await runtime.startContainer(id);
    const followed = get(api, "/containerLogs/default/web/counter?follow=true");
    const clock = systemClock();
    for (let rotations = 0; rotations < 2;) {
      if (await rotateIfLarge(runtime, id, logPath, { maxBytes: 20_000, clock })) rotations++;
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await runtime.execSync(id, ["touch", "/tmp/go"], 10);
    const numbers = (await followed).body.trimEnd().split("\n");
    // Two files of 20,000 bytes, less than 50 a line.
    expect(numbers.length).toBeGreaterThan(700);
    expect(numbers).toEqual(numbers.map((_, i) => String(i)));
  });

  it("answers who it is for, and tells the rest why not", async () => {
    expect(await get(api, "/healthz")).toMatchObject({ status: 200, body: "ok" });
    expect(await get(api, "/healthz", api.admin)).toMatchObject({ status: 200 });
    expect((await get(api, "/healthz", api.jane)).status).toBe(403);
    expect((await get(api, "/healthz", api.impostor)).status).toBe(401);
    expect((await get(api, "/pods")).body).toContain('"PodList"');
    expect((await get(api, "/nothing")).status).toBe(404);
    expect((await get(api, "/exec/default/web/web?output=1&command=ls")).status).toBe(400);
    expect(await get(api, "/containerLogs/default/gone/web")).toMatchObject({ status: 404 });
    expect(await get(api, "/containerLogs/default/web/talker?tailLines=x")).toMatchObject({ status: 400 });
    await expect(ChannelClient.open(api, "/exec/default/web/nope?output=1&command=ls", V5)).rejects.toThrow("404");
  });

  it("tells what containers use", async () => {
    const summary = JSON.parse((await get(api, "/stats/summary")).body);
    expect(summary.node).toMatchObject({ nodeName: "node-1" });
    expect(summary.node.cpu.usageCoreNanoSeconds).toBeGreaterThan(0);
    expect((await get(api, "/metrics/resource")).body).toMatch(/^node_memory_working_set_bytes \d+ \d+$/m);
    expect((await get(api, "/metrics")).body).toMatch(/^kubelet_running_containers\{container_state="running"\} \d+$/m);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
