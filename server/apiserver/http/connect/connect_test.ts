import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import tls, { type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../api/resource.ts";
import type { Pki } from "../../../pki/pki.ts";
import { Edge } from "../testing/edge.ts";

/** Plays a node's agent: answers logs, refuses a container that does not run, echoes whatever it is upgraded for. */
class Agent implements AsyncDisposable {
  readonly port: number;
  readonly seen: { url: string; client: string | undefined; headers: https.RequestOptions["headers"] }[] = [];
  readonly #server: https.Server;

  private constructor(server: https.Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(pki: Pki, nodeName: string): Promise<Agent> {
    const { serving } = await pki.issueNode(nodeName, ["127.0.0.1"]);
    const server = https.createServer({
      cert: serving.certificate,
      key: serving.key,
      ca: pki.clusterCa,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const agent = new Agent(server);
    server.on("request", (request, response) => {
      agent.#note(request.url!, request.socket as TLSSocket, request.headers);
      if (request.url!.includes("/waiting?")) {
        response.writeHead(400, { "content-type": "text/plain" });
        response.end('container "waiting" in pod "web" is waiting to start: ContainerCreating');
        return;
      }
      response.writeHead(200, { "content-type": "text/plain" });
      response.write("first line\n");
      if (request.url!.includes("follow=true")) setTimeout(() => response.end("second line\n"), 20);
      else response.end(`${request.method} ${request.url}\n`);
    });
    server.on("upgrade", (request, socket: Duplex) => {
      agent.#note(request.url!, socket as TLSSocket, request.headers);
      if (request.url!.includes("command=refuse")) {
        socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 13\r\n\r\nno such thing");
        return;
      }
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\nhello `,
      );
      socket.on("error", () => {});
      socket.allowHalfOpen = true;
      // The end of one direction is answered in the other: both must get through.
      socket.on("data", (chunk) => socket.write(chunk));
      socket.on("end", () => socket.end(" bye"));
    });
    return agent;
  }

  #note(url: string, socket: TLSSocket, headers: https.RequestOptions["headers"]): void {
    this.seen.push({ url, client: socket.getPeerCertificate()?.subject?.CN as string | undefined, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

function node(name: string, port: number): KubeObject {
  const status = {
    addresses: [{ type: "Hostname", address: name }, { type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  return { apiVersion: "v1", kind: "Node", metadata: { name }, status } as KubeObject;
}

function pod(name: string, nodeName: string | undefined, containers: string[], podIP?: string): KubeObject {
  const spec = { ...(nodeName ? { nodeName } : {}), containers: containers.map((c) => ({ name: c, image: "x" })) };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "a" }, spec, status: { podIP } } as KubeObject;
}

async function setUp(): Promise<{ edge: Edge; agent: Agent } & AsyncDisposable> {
  const edge = await Edge.start();
  const agent = await Agent.start(edge.pki, "edge-1");
  edge.put("nodes", node("edge-1", agent.port));
  edge.put("pods", pod("web", "edge-1", ["main", "waiting"]));
  edge.put("pods", pod("one", "edge-1", ["only"]));
  edge.put("pods", pod("unscheduled", undefined, ["only"]));
  return {
    edge,
    agent,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await edge[Symbol.asyncDispose]();
    },
  };
}

const pods = "/api/v1/namespaces/a/pods";

describe("logs", () => {
  it("come from the node, asked for as its agent wants it", async () => {
    await using parts = await setUp();
    const { edge, agent } = parts;
    const answer = await edge.fetch(`${pods}/one/log?tailLines=5&timestamps=true&sinceSeconds=60&previous=false`);
    expect([answer.code, answer.headers["content-type"]]).toEqual([200, "text/plain"]);
    const path = "/containerLogs/a/one/only?timestamps=true&tailLines=5&sinceSeconds=60";
    expect(answer.text).toBe(`first line\nGET ${path}\n`);
    expect(agent.seen[0]).toMatchObject({ url: path, client: "kube-apiserver-kubelet-client" });
    expect((await edge.fetch(`${pods}/web/log?container=main&follow=true`)).text).toBe("first line\nsecond line\n");
  });

  it("are refused with the reason", async () => {
    await using parts = await setUp();
    const { edge } = parts;
    const cases: [path: string, code: number, message: string][] = [
      ["web/log", 400, "a container name must be specified for pod web, choose one of: [main waiting]"],
      ["web/log?container=none", 400, "container none is not valid for pod web"],
      ["unscheduled/log", 400, "pod unscheduled does not have a host assigned"],
      ["none/log", 404, 'pods "none" not found'],
      ["web/log?container=waiting", 400, 'container "waiting" in pod "web" is waiting to start: ContainerCreating'],
      [
        "one/log?tailLines=-1",
        422,
        'PodLogOptions "one" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
      ],
    ];
    for (const [path, code, message] of cases) {
      expect((await edge.fetch(`${pods}/${path}`)).json).toMatchObject({ code, message });
    }
  });

  it("do not come from a machine that only says it is the node", async () => {
    await using parts = await setUp();
    const { edge } = parts;
    await using impostor = await Agent.start(edge.pki, "edge-2");
    edge.put("nodes", node("edge-1", impostor.port));
    const answer = await edge.fetch(`${pods}/one/log`);
    expect(answer.json).toMatchObject({ code: 500 });
    expect(answer.json.message).toContain("error dialing node edge-1 at 127.0.0.1");
    expect(impostor.seen).toEqual([]);
  });
});

/** A request to switch protocols, and all that comes back. */
function upgraded(edge: Edge, path: string, sent: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const { certificate, key } = edge.pki.admin;
  const options = {
    port: edge.port,
    host: "127.0.0.1",
    allowHalfOpen: true,
    ca: edge.pki.clusterCa,
    cert: certificate,
    key,
  };
  const socket = tls.connect(options, () => {
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`,
    );
  });
  let text = "";
  let answered = false;
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    if (answered || !text.includes("hello ")) return;
    answered = true;
    if (sent !== "") socket.write(sent);
    socket.end();
  });
  socket.on("end", () => resolve(text));
  socket.on("error", reject);
  return promise;
}

describe("streams", () => {
  it("join client and node once both agree, each direction ending by itself", async () => {
    await using parts = await setUp();
    const { edge, agent } = parts;
    const sent = "x".repeat(3_000_000);
    const text = await upgraded(
      edge,
      `${pods}/one/exec?command=cat&command=-&stdin=true&stdout=true&stderr=1&tty=true`,
      sent,
    );
    expect(text.split("\r\n")[0]).toBe("HTTP/1.1 101 Switching Protocols");
    const body = text.slice(text.indexOf("\r\n\r\n") + 4);
    expect(body.length).toBe(sent.length + "hello  bye".length);
    expect(body.startsWith("hello xxx") && body.endsWith("x bye")).toBe(true);
    expect(agent.seen[0]).toMatchObject({
      url: "/exec/a/one/only?input=1&output=1&tty=1&command=cat&command=-",
      client: "kube-apiserver-kubelet-client",
      headers: { "x-stream-protocol-version": "v4.channel.k8s.io" },
    });
    expect(agent.seen[0]!.headers).not.toHaveProperty("authorization");
    await upgraded(edge, `${pods}/one/attach?stdout=true`, "");
    await upgraded(edge, `${pods}/one/portforward?ports=80,81`, "");
    expect(agent.seen.slice(1).map((s) => s.url)).toEqual([
      "/attach/a/one/only?output=1",
      "/portForward/a/one?port=80&port=81",
    ]);
  });

  it("are refused in the API's own way, and the connection with them", async () => {
    await using parts = await setUp();
    const { edge } = parts;
    const refused = await upgraded(edge, `${pods}/one/exec?command=refuse&stdout=true`, "");
    expect(refused).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
    expect(JSON.parse(refused.slice(refused.indexOf("{")))).toMatchObject({ kind: "Status", message: "no such thing" });
    expect(refused).toContain("connection: close\r\n");
    expect(await upgraded(edge, `${pods}/one/exec?stdout=true`, "")).toContain("at least one command");
    expect(await upgraded(edge, `${pods}/one/exec?command=x`, "")).toContain("at least 1 of stdin, stdout, stderr");
    expect((await edge.fetch(`${pods}/one/exec?command=x&stdout=true`)).json.message).toBe("Upgrade request required");
  });
});

describe("proxies", () => {
  it("reach a node's agent, with the caller's headers but not its credentials", async () => {
    await using parts = await setUp();
    const { edge, agent } = parts;
    const headers = { authorization: "Bearer secret", "x-mine": "1" };
    const answer = await edge.fetch("/api/v1/nodes/edge-1/proxy/stats/summary?only=true", { headers });
    expect(answer.text).toBe("first line\nGET /stats/summary?only=true\n");
    expect(agent.seen[0]!.headers).toMatchObject({ "x-mine": "1" });
    expect(agent.seen[0]!.headers).not.toHaveProperty("authorization");
    expect((await edge.fetch("/api/v1/nodes/edge-1:22/proxy/")).code).toBe(400);
  });

  it("do not reach this machine's own addresses", async () => {
    await using parts = await setUp();
    const { edge } = parts;
    for (const address of ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1", "0.0.0.0"]) {
      edge.put("pods", pod("trap", "edge-1", ["c"], address));
      expect((await edge.fetch(`${pods}/trap:6443/proxy/`)).json.message).toContain("may not be proxied to");
    }
    expect((await edge.fetch(`${pods}/one/proxy/`)).code).toBe(503);
  });
});
