import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Membership, openMembership } from "../../agent/join/membership.ts";
import { keepTunnels } from "../../agent/tunnel/keep_tunnels.ts";
import { systemClock } from "../../api/clock.ts";
import { nodes, pods } from "../../api/resources.ts";
import { HttpsTransport } from "../../client/https_transport.ts";
import { type KubeconfigOptions, readKubeconfig } from "../../client/kubeconfig.ts";
import { guardTlsSocket } from "../../client/tls_guard.ts";
import { WINDOW } from "../../client/tunnel/tunnel_stream.ts";
import { type RunningServer, startServer } from "../../server/server.ts";
import { retry } from "../e2e/retry.ts";
import { loopbackOptions } from "./server_options.ts";

/** Where nobody is: whoever reaches the node has come through its own connection. */
const NOWHERE = "192.0.2.7";
/** What the node has to say in all, to whoever follows its log. */
const LONG = 64 * 1024 * 1024;

describe("a node that no connection leads to", () => {
  let directory: string;
  let server: RunningServer;
  let stop: AbortController;
  let member: Membership;
  let kubelet: https.Server;
  let tunnels: Promise<void>;
  let admin: KubeconfigOptions;
  /** Bytes of the long log that the node has got rid of. */
  let told = 0;

  beforeEach(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-tunnel-" });
    server = await start(0);
    admin = await readKubeconfig(`${directory}/kubeconfig`);
    stop = new AbortController();
    const { signal } = stop;
    member = await openMembership({
      dataDir: `${directory}/edge`,
      nodeName: "edge",
      nodeIP: NOWHERE,
      server: `https://127.0.0.1:${server.port}`,
      token: await Deno.readTextFile(`${directory}/server/server/node-token`),
      signal,
    });
    kubelet = await startKubelet();
    const { port } = kubelet.address() as AddressInfo;
    await populate(port);
    const { servers } = member;
    const connectionTo = (url: string) => member.connectionTo(url);
    tunnels = keepTunnels({ servers, connectionTo, port, clock: systemClock({ background: true }), signal });
    await retry("the tunnel to be open", async () => expect(await log("short")).toBe("it works\n"));
  });

  afterEach(async () => {
    stop.abort();
    await Promise.all([member.closed, tunnels]);
    kubelet.closeAllConnections();
    await new Promise<void>((resolve) => kubelet.close(() => resolve()));
    await server.close();
    await Deno.remove(directory, { recursive: true });
  });

  function start(port: number): Promise<RunningServer> {
    return startServer(
      loopbackOptions(`${directory}/server`, {
        port,
        clusterCidr: "10.142.0.0/16",
        serviceCidr: "10.143.0.0/16",
        clusterDns: "10.143.0.10",
        datastoreEndpoint: "memory://",
        kubeconfig: `${directory}/kubeconfig`,
      }),
    );
  }

  async function populate(port: number): Promise<void> {
    const { client } = member;
    await client.create(nodes, { metadata: { name: "edge" }, spec: {} });
    const status = {
      addresses: [{ type: "InternalIP", address: NOWHERE }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    };
    await client.patch(nodes, { name: "edge" }, { type: "merge", patch: { status } }, { subresource: "status" });
    const root = server.clientOf({ name: "admin", groups: ["system:masters", "system:authenticated"] });
    await retry("Pods to be let in", async () => {
      const containers = ["short", "long"].map((name) => ({ name, image: "i" }));
      await root.create(pods, {
        metadata: { name: "web", namespace: "default" },
        spec: { nodeName: "edge", containers },
      });
    });
  }

  /** Plays the node's API: a short log, a very long one, and echoes for what is upgraded. */
  async function startKubelet(): Promise<https.Server> {
    const { certificate, key } = member.serving;
    const made = https.createServer(
      { cert: certificate, key, ca: member.clusterCa, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        response.writeHead(200, { "content-type": "text/plain" });
        if (!request.url!.includes("/long?")) return void response.end("it works\n");
        const chunk = new Uint8Array(64 * 1024).fill(46);
        const feed = () => {
          for (let more = true; more && told < LONG; told += chunk.length) more = response.write(chunk);
          if (told >= LONG) response.end();
        };
        response.on("drain", feed);
        feed();
      },
    );
    made.on("upgrade", (request, socket: Duplex) => {
      socket.on("error", () => {});
      socket.allowHalfOpen = true;
      guardTlsSocket(socket as tls.TLSSocket);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
      );
      socket.on("data", (chunk) => socket.write(chunk));
      socket.on("end", () => socket.end("bye"));
    });
    await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", () => resolve()));
    return made;
  }

  async function log(container: string): Promise<string> {
    const transport = new HttpsTransport(admin);
    try {
      const path = `/api/v1/namespaces/default/pods/web/log?container=${container}`;
      const answer = await transport.open({ method: "GET", path });
      return (await Array.fromAsync(answer.lines())).map((line) => `${line}\n`).join("");
    } finally {
      transport.close();
    }
  }

  /** What comes back of what is sent into an exec, to its end. */
  function exec(input: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = tls.connect({
      host: "127.0.0.1",
      port: server.port,
      ca: admin.ca!,
      cert: admin.cert!,
      key: admin.key!,
      ALPNProtocols: ["http/1.1"],
    }, () => {
      guardTlsSocket(socket);
      const query = "container=short&command=cat&stdin=1&stdout=1";
      socket.write(
        `POST /api/v1/namespaces/default/pods/web/exec?${query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`,
      );
    });
    let text = "";
    let began = false;
    socket.on("data", (chunk) => {
      text += chunk;
      const head = text.indexOf("\r\n\r\n");
      if (began || head < 0) return;
      began = true;
      text = text.slice(head + 4);
      socket.end(input);
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
    return promise;
  }

  it("is reached through the connection that it has opened, a hundred times at once", async () => {
    expect(await exec("hello")).toBe("hellobye");
    const inputs = Array.from({ length: 100 }, (_, i) => `${i}:`.repeat(1 + i * 50));
    expect(await Promise.all(inputs.map(exec))).toEqual(inputs.map((input) => `${input}bye`));
  });

  it("is not read ahead of a slow reader, who holds nobody else up", async () => {
    const { promise: reading, resolve } = Promise.withResolvers<tls.TLSSocket>();
    const socket: tls.TLSSocket = tls.connect({
      host: "127.0.0.1",
      port: server.port,
      ca: admin.ca!,
      cert: admin.cert!,
      key: admin.key!,
      ALPNProtocols: ["http/1.1"],
    }, () => {
      guardTlsSocket(socket);
      socket.write("GET /api/v1/namespaces/default/pods/web/log?container=long HTTP/1.1\r\nHost: x\r\n\r\n");
    });
    let read = 0;
    socket.on("data", (chunk: Uint8Array) => {
      if (read === 0) {
        socket.pause();
        resolve(socket);
      }
      read += chunk.length;
    });
    await reading;
    let before = -1;
    await retry("the log to come to rest", async () => {
      const now = told;
      const rests = now === before;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(rests).toBe(true);
    });
    // The window, and what the kernel's and the TLS sockets' buffers on the way hold.
    expect(told).toBeLessThan(LONG / 2);
    expect(told).toBeGreaterThan(WINDOW / 2);
    expect(await exec("hello")).toBe("hellobye");
    expect(await log("short")).toBe("it works\n");
    socket.resume();
    await retry("the rest of the log", async () => expect(read).toBeGreaterThanOrEqual(LONG));
    socket.destroy();
  });

  it("takes the connections of nodes alone", async () => {
    const open = (options: ConstructorParameters<typeof HttpsTransport>[0]) => {
      const transport = new HttpsTransport(options);
      return transport.open({ method: "GET", path: "/v1-skiff/node/tunnel" })
        .then(() => "opened", (error) => `${error.status.code} ${error.status.message}`)
        .finally(() => transport.close());
    };
    const token = (await Deno.readTextFile(`${directory}/server/server/node-token`)).trim().split("::")[1]!;
    expect(await open({ server: admin.server, ca: admin.ca!, token })).toContain("is no node");
    expect(await open(admin)).toContain("is no node");
    expect(await open(member.connectionTo(admin.server))).toContain("400 Upgrade to a WebSocket required");
    expect(await open({ server: admin.server, ca: admin.ca! })).toMatch(/^40[13] /);
  });

  it("opens its connection again when the server has been away", async () => {
    const { port } = server;
    await server.close();
    server = await start(port);
    admin = await readKubeconfig(`${directory}/kubeconfig`);
    await retry("the Node to be known again", () => populate((kubelet.address() as AddressInfo).port));
    await retry("the tunnel to be open again", async () => expect(await log("short")).toBe("it works\n"));
  });
});
