import "reflect-metadata";
import type { TLSSocket } from "node:tls";
import * as x509 from "@peculiar/x509";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configmaps, namespaces, pods } from "../api/resources.ts";
import { isTransient, StatusError } from "../api/status.ts";
import { createHttpsClient } from "./https.ts";
import type { Connection } from "./https_transport.ts";
import { testClient } from "./suite_test_cases.ts";
import { type HttpFace, serveHttp } from "./testing/http_face.ts";
import { MemoryClient } from "./testing/memory_client.ts";

testClient("HTTP", async () => {
  const memory = new MemoryClient();
  await memory.create(namespaces, { metadata: { name: "test" }, spec: { finalizers: ["kubernetes"] } });
  const face = await serveHttp(memory);
  const client = createHttpsClient({ server: face.url });
  const close = async () => {
    client.close();
    await face.close();
  };
  return { client, namespace: "test", close };
});

describe("createHttpsClient", () => {
  let memory: MemoryClient;
  let face: HttpFace;

  beforeEach(async () => {
    memory = new MemoryClient();
    face = await serveHttp(memory);
  });

  afterEach(() => face.close());

  it("says who it is and sends its token, read from a file", async () => {
    const directory = await Deno.makeTempDir();
    await Deno.writeTextFile(`${directory}/token`, "secret\n");
    using client = createHttpsClient({ server: face.url, tokenFile: `${directory}/token`, userAgent: "agent" });
    await client.list(pods);
    expect(face.seen[0]?.authorization).toBe("Bearer secret");
    expect(face.seen[0]?.["user-agent"]).toBe("skiff/agent");
    await Deno.remove(directory, { recursive: true });
  });

  it("uses one connection for requests that follow one another", async () => {
    const ports = new Set<number | undefined>();
    face.override = (request) => {
      ports.add(request.socket.remotePort);
      return false;
    };
    using client = createHttpsClient({ server: face.url });
    for (let i = 0; i < 20; i++) await client.list(pods);
    expect(ports.size).toBe(1);
  });

  it("follows its source to other servers, cutting what still runs on the former, and to other credentials, leaving it", async () => {
    const other = await serveHttp(memory);
    const failed: string[] = [];
    let connection: Connection = { server: face.url, token: "one" };
    using client = createHttpsClient({
      server: face.url,
      source: { current: () => connection, failed: (server) => void failed.push(server) },
    });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of client.watch(pods, {})) seen.push(event.type);
    })().catch((error: StatusError) => error.status.reason);
    await client.list(pods);
    connection = { server: face.url, token: "two" };
    await client.list(pods);
    expect(face.seen.map(({ authorization }) => authorization)).toEqual(["Bearer one", "Bearer one", "Bearer two"]);
    await memory.create(pods, { metadata: { name: "a", namespace: "default" }, spec: { containers: [] } });
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    connection = { server: other.url, token: "two" };
    await client.list(pods);
    expect(await watching).toBe("ServiceUnavailable");
    expect(failed).toEqual([face.url]);
    connection = { server: "http://127.0.0.1:1" };
    await client.list(pods).catch(() => {});
    expect(failed).toEqual([face.url, "http://127.0.0.1:1"]);
    client.close();
    await other.close();
  });

  it("rejects as unavailable when nobody listens", async () => {
    const { url } = face;
    await face.close();
    using client = createHttpsClient({ server: url });
    const error = await client.list(pods).catch((error: unknown) => error);
    expect(isTransient(error)).toBe(true);
    expect((error as StatusError).message).toContain(`${url}/api/v1/pods`);
    face = await serveHttp(memory);
  });

  it("makes an error of an answer that is no Status", async () => {
    face.override = (_, response) => {
      response.writeHead(502, { "content-type": "text/html" });
      response.end("<h1>Bad gateway</h1>");
      return true;
    };
    using client = createHttpsClient({ server: face.url });
    const error = await client.list(pods).catch((error: unknown) => error) as StatusError;
    expect([error.code, error.message.includes("Bad gateway")]).toEqual([502, true]);
  });

  it("gives up when the answer takes too long", async () => {
    face.override = () => true;
    using client = createHttpsClient({ server: face.url, timeout: 50 });
    const error = await client.list(pods).catch((error: unknown) => error);
    expect((error as StatusError).reason).toBe("Timeout");
  });

  it("sends a write once, whatever becomes of the kept connection that it went by", async () => {
    const object = { metadata: { name: "once", namespace: "test" } };
    using client = createHttpsClient({ server: face.url, timeout: 2_000 });
    for (const isCut of [true, false]) {
      await client.list(pods);
      const sent: (() => void)[] = [];
      const arrived = new Promise<void>((resolve) => {
        face.override = (request, response) => {
          if (request.method !== "POST") return false;
          sent.push(() => response.destroy());
          resolve();
          return true;
        };
      });
      const created = client.create(configmaps, object).catch((error: unknown) => error);
      await arrived;
      // Before the client has given up, or after that.
      if (isCut) sent[0]!();
      expect(await created).toBeInstanceOf(Error);
      sent[0]!();
      await client.list(pods);
      expect([isCut, sent.length]).toEqual([isCut, 1]);
    }
  });

  it("gives up on an answer that is too long", async () => {
    await memory.create(configmaps, { metadata: { name: "big", namespace: "test" }, data: { k: "x".repeat(5000) } });
    using client = createHttpsClient({ server: face.url, maxAnswer: 1000 });
    const error = await client.list(configmaps).catch((error: unknown) => error) as StatusError;
    expect(error.message).toContain("longer than 1000 bytes");
  });

  it("aborts a request that is under way", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    face.override = () => {
      stop.abort(reason);
      return true;
    };
    using client = createHttpsClient({ server: face.url });
    await expect(client.list(pods, { signal: stop.signal })).rejects.toBe(reason);
  });

  it("rejects a watch whose connection breaks and ends one that the server ends", async () => {
    using client = createHttpsClient({ server: face.url });
    const next = () => client.watch(pods, { resourceVersion: "1" })[Symbol.asyncIterator]().next();
    face.override = (_, response) => {
      response.writeHead(200);
      response.write('{"type":"ADD');
      setTimeout(() => response.destroy(), 20);
      return true;
    };
    const error = await next().catch((error: unknown) => error);
    expect(isTransient(error)).toBe(true);
    face.override = (_, response) => {
      response.writeHead(200);
      response.end();
      return true;
    };
    expect(await next()).toEqual({ done: true, value: undefined });
  });

  it("throws an ERROR event as its status", async () => {
    face.override = (_, response) => {
      const object = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return true;
    };
    using client = createHttpsClient({ server: face.url });
    const error = await client.watch(pods, {})[Symbol.asyncIterator]().next().catch((error: unknown) => error);
    expect((error as StatusError).reason).toBe("Expired");
  });

  it("refuses a server that is no URL", () => {
    expect(() => createHttpsClient({ server: "10.0.0.1:6443" })).toThrow("is no server URL");
  });
});

describe("createHttpsClient over TLS", () => {
  it("shows its certificate and refuses a server of another authority", async () => {
    const [ours, theirs] = await Promise.all([makeAuthority("ours"), makeAuthority("theirs")]);
    const memory = new MemoryClient();
    const subjects: string[] = [];
    const serving = await ours.issue("127.0.0.1");
    const face = await serveHttp(memory, { ...serving, ca: ours.ca });
    face.override = ({ socket }) => {
      subjects.push(String((socket as TLSSocket).getPeerCertificate().subject?.CN));
      return false;
    };
    using client = createHttpsClient({ server: face.url, ca: ours.ca, ...await ours.issue("skiff") });
    await client.list(pods);
    expect(subjects).toEqual(["skiff"]);
    using misled = createHttpsClient({ server: face.url, ca: theirs.ca });
    const error = await misled.list(pods).catch((error: unknown) => error);
    expect(isTransient(error)).toBe(true);
    expect(subjects).toHaveLength(1);
    await face.close();
  });

  it("gives up on a machine that has fallen silent, before an answer and in the middle of one", async () => {
    const authority = await makeAuthority("ours");
    const face = await serveHttp(new MemoryClient(), { ...await authority.issue("127.0.0.1"), ca: authority.ca });
    await using wire = await silentWire(Number(new URL(face.url).port));
    using client = createHttpsClient({
      ...await authority.issue("skiff"),
      server: wire.url,
      ca: authority.ca,
      timeout: 300,
    });
    await client.list(pods);
    const stop = new AbortController();
    const events = client.watch(pods, { signal: stop.signal })[Symbol.asyncIterator]();
    const next = events.next();
    await client.list(pods);
    wire.fallSilent();
    const error = await client.list(pods).catch((error: unknown) => error);
    expect((error as StatusError).reason).toBe("Timeout");
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await face.close();
  });
});

/** A wire to a port of this machine, on which nothing moves any more once it has fallen silent; neither end is told. */
async function silentWire(port: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends: Deno.TcpConn[] = [];
  let silent = false;
  const carry = async (from: Deno.TcpConn, to: Deno.TcpConn) => {
    const writer = to.writable.getWriter();
    // Left lying, not ended: the end would be told.
    for await (const chunk of from.readable.values({ preventCancel: true })) {
      if (silent) return;
      await writer.write(chunk);
    }
  };
  const serving = (async () => {
    for await (const near of listener) {
      if (silent) {
        ends.push(near);
        continue;
      }
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      ends.push(near, far);
      for (const [from, to] of [[near, far], [far, near]] as const) carry(from, to).catch(() => {});
    }
  })();
  return {
    url: `https://127.0.0.1:${listener.addr.port}`,
    fallSilent: () => void (silent = true),
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      for (const end of ends) {
        try {
          end.close();
        } catch {
          // Its stream has closed it.
        }
      }
    },
  };
}

/** An authority of the test's own that issues certificates for one name, for servers and clients alike. */
async function makeAuthority(name: string) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const makeKeys = () => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true)],
  });
  return {
    ca: certificate.toString("pem"),
    async issue(subject: string) {
      const { publicKey, privateKey } = await makeKeys();
      const issued = await x509.X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: certificate.subject,
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
      });
      const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY");
      return { cert: issued.toString("pem"), key };
    },
  };
}
