import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  certificatePem,
  type CertificateWish,
  type Issued,
  privateKeyPem,
  SERVER_AUTH,
  testAuthority,
  testCertificate,
  x509,
} from "../../../tests/fixtures/certificates.ts";
import { configMap, Edge } from "./testing/edge.ts";

/** openssl's client resumes TLS sessions at will, which Deno's does not. */
class OpenSsl implements AsyncDisposable {
  readonly #directory: string;
  readonly #port: number;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
  }

  static async for(port: number): Promise<OpenSsl> {
    return new OpenSsl(await Deno.makeTempDir({ prefix: "skiff-openssl-" }), port);
  }

  async show(certificate: string, key: string): Promise<void> {
    await Deno.writeTextFile(join(this.#directory, "client.pem"), `${certificate}\n${key}`);
  }

  /** Sends bytes over a new connection, with a full handshake or the session of the one before. */
  async send(
    version: string,
    alpn: string,
    bytes: Uint8Array,
    resume: boolean,
  ): Promise<{ reused: boolean; text: string }> {
    const client = join(this.#directory, "client.pem");
    const session = join(this.#directory, "session");
    const child = new Deno.Command("openssl", {
      args: [
        ...["s_client", "-connect", `127.0.0.1:${this.#port}`, version, "-alpn", alpn, "-ign_eof"],
        ...["-cert", client, "-key", client, resume ? "-sess_in" : "-sess_out", session],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(bytes);
    let text = "";
    // Its answer is a Status or an object: both end with a brace, behind openssl's own words.
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream("latin1"))) {
      text += chunk;
      if (/"code":\d+\}|"name":"mine"[^]*\}/.test(text)) break;
    }
    try {
      child.kill();
    } catch (error) {
      // The server has closed the connection, and openssl has followed.
      if (!(error instanceof TypeError)) throw error;
    }
    await writer.close().catch(() => {});
    await child.status;
    return { reused: /^Reused, /m.test(text), text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}

const path = "/api/v1/namespaces/default/configmaps/mine";

function http1(): Uint8Array {
  return new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
}

function http2(): Uint8Array {
  const frame = (type: number, flags: number, stream: number, ...payload: number[]) => [
    ...[0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream],
    ...payload,
  ];
  const name = [...new TextEncoder().encode(path)];
  const headers = frame(1, 5, 1, 0x82, 0x87, 0x44, name.length, ...name, 0x41, 0x01, 0x78);
  const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  return new Uint8Array([...preface, ...frame(4, 0, 0), ...headers]);
}

const DAY = 86_400_000;
const masters: CertificateWish = { subject: [{ O: ["system:masters"] }, { CN: ["forger"] }] };

/** Certificates that say `system:masters`, and should not be believed. */
async function forgeries(edge: Edge): Promise<[name: string, certificate: Issued][]> {
  const foreign = await testAuthority("skiff-server-ca");
  const own = await ownAuthority(edge);
  const usage = [new x509.ExtendedKeyUsageExtension([SERVER_AUTH])];
  return [
    ["of another authority", await testCertificate(foreign, masters)],
    [
      "expired",
      await testCertificate(own, { ...masters, notBefore: Date.now() - 2 * DAY, notAfter: Date.now() - DAY }),
    ],
    ["for servers", await testCertificate(own, { ...masters, extensions: usage })],
  ];
}

/** The cluster's authority with its key: what it signed wrongly must be refused, too. */
async function ownAuthority({ pki }: Edge): Promise<Issued> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const pem = await Deno.readTextFile(join(pki.directory, "server-ca.key"));
  const bytes = Uint8Array.fromBase64(pem.replace(/-----[A-Z ]+-----|\s/g, ""));
  const privateKey = await crypto.subtle.importKey("pkcs8", bytes, algorithm, true, ["sign"]);
  const certificate = new x509.X509Certificate(pki.clusterCa);
  const publicKey = await certificate.publicKey.export(algorithm, ["verify"]);
  return { certificate, keys: { privateKey, publicKey } };
}

describe("client certificates", () => {
  for (const version of ["-tls1_2", "-tls1_3"]) {
    for (const [alpn, bytes] of [["http/1.1", http1()], ["h2", http2()]] as const) {
      it(`over ${alpn} with ${version.slice(1)}: forged ones get 401, on resumed sessions too`, async () => {
        await using edge = await Edge.start();
        edge.put("configmaps", configMap("mine"));
        await using client = await OpenSsl.for(edge.port);
        await client.show(edge.pki.admin.certificate, edge.pki.admin.key);
        for (const resume of [false, true]) {
          const { reused, text } = await client.send(version, alpn, bytes, resume);
          expect([reused, text.includes('"name":"mine"')]).toEqual([resume, true]);
        }
        for (const [name, forged] of await forgeries(edge)) {
          await client.show(certificatePem(forged), await privateKeyPem(forged));
          for (const resume of [false, true]) {
            const { reused, text } = await client.send(version, alpn, bytes, resume);
            const code = /"code":(\d+)/.exec(text)?.[1];
            expect([name, resume, reused, code, text.includes('"name":"mine"')]).toEqual([
              name,
              resume,
              resume,
              "401",
              false,
            ]);
          }
        }
      });
    }
  }
});
