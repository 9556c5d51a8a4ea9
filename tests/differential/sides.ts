import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import https from "node:https";
import { dirname } from "node:path";
import type { KeyPair } from "../../server/pki/issue.ts";
import { openPki } from "../../server/pki/pki.ts";
import { startEtcd } from "../../datastore/etcd/testing/test_etcd.ts";
import { firstAddress } from "../../server/service_network.ts";
import { retry } from "../e2e/retry.ts";
import { freePort } from "../fixtures/free_port.ts";

export const SERVICE_CIDR = "10.43.0.0/16";

export interface Request {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, a string and bytes as they stand. */
  readonly body?: unknown;
}

export interface Answer {
  readonly code: number;
  /** Of the headers `Warning`, in alphabetical order. */
  readonly warnings: readonly string[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly contentType: string;
  /** As they came: compressed, if they were. */
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Undefined for what is no JSON. */
  readonly json: unknown;
}

/** One of the two servers, as somebody. */
export interface Side {
  send(request: Request): Promise<Answer>;
}

/** Both servers, as the same user of both. */
export interface Pair {
  readonly theirs: Side;
  readonly ours: Side;
}

/** Stock kube-apiserver and ours, each fresh, with the same certificates; as their administrator. */
export interface Sides extends Pair, AsyncDisposable {
  /** The same servers for one who shows a certificate with this name and these groups, or none at all. */
  as(user?: { readonly name: string; readonly groups: readonly string[] }): Promise<Pair>;
}

/** `reference` is the path of a kube-apiserver, with an etcd beside it. */
export async function startSides(reference: string): Promise<Sides> {
  await using stack = new AsyncDisposableStack();
  const directory = await Deno.makeTempDir({ prefix: "skiff-differential-" });
  stack.defer(() => Deno.remove(directory, { recursive: true }));
  const pki = await openPki(directory, { serviceIP: firstAddress(SERVICE_CIDR), names: ["127.0.0.1"] });
  const agents: https.Agent[] = [];
  stack.defer(() => agents.forEach((agent) => agent.destroy()));
  const sideOf = (port: number, pair?: KeyPair): Side => {
    const shown = pair && { cert: pair.certificate, key: pair.key };
    const agent = new https.Agent({ ca: pki.clusterCa, ...shown, keepAlive: true, maxSockets: 64 });
    agents.push(agent);
    return { send: (request) => send(agent, port, request) };
  };
  const ourPort = await startOurs(stack, directory);
  const publicKey = createPublicKey(pki.serviceAccountKey).export({ type: "spki", format: "pem" });
  await Deno.writeTextFile(`${directory}/service-account.pub`, String(publicKey));
  const theirPort = await startTheirs(stack, reference, directory);
  const as = (pair?: KeyPair): Pair => ({ theirs: sideOf(theirPort, pair), ours: sideOf(ourPort, pair) });
  const { theirs, ours } = as(pki.admin);
  await retry(`kube-apiserver, whose log is ${directory}/kube-apiserver.log,`, async () => {
    const { code, text } = await theirs.send({ method: "GET", path: "/readyz" });
    if (code !== 200) throw new Error(text);
  }, 60_000);
  const running = stack.move();
  return {
    theirs,
    ours,
    as: async (user) => as(user && await pki.issueClient(user.name, user.groups)),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function startOurs(stack: AsyncDisposableStack, directory: string): Promise<number> {
  const script = new URL("./ours.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", script, directory];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  stack.defer(async () => {
    await child.stdin.close().catch(() => {});
    await lines.cancel();
    await child.status;
  });
  const { value } = await lines.read();
  if (value === undefined) throw new Error("our server did not start; what it said is above");
  return Number(value);
}

/** Strangers are let in where ours lets them in. */
const AUTHENTICATION = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions: [{ path: /livez }, { path: /readyz }, { path: /healthz }]
`;

async function startTheirs(stack: AsyncDisposableStack, reference: string, directory: string): Promise<number> {
  // Debian's is older than what kube-apiserver asks for its consistent reads from memory and the lists of watches.
  const command = ["env", `PATH=${dirname(reference)}:${Deno.env.get("PATH")}`];
  const etcd = await startEtcd({ places: [{ host: "127.0.0.1", command }] });
  stack.defer(() => etcd.dispose());
  const port = freePort();
  const log = `${directory}/kube-apiserver.log`;
  await Deno.writeTextFile(`${directory}/authentication.yaml`, AUTHENTICATION);
  const args = [
    `--etcd-servers=${etcd.endpoint}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    `--client-ca-file=${directory}/server-ca.crt`,
    `--tls-cert-file=${directory}/serving-kube-apiserver.crt`,
    `--tls-private-key-file=${directory}/serving-kube-apiserver.key`,
    `--service-account-key-file=${directory}/service-account.pub`,
    `--service-account-signing-key-file=${directory}/service-account.key`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    "--authorization-mode=Node,RBAC",
    `--authentication-config=${directory}/authentication.yaml`,
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    "--enable-bootstrap-token-auth=true",
    `--cert-dir=${directory}/kube-apiserver`,
    // What it could do in parallel is not compared.
    "--max-requests-inflight=0",
    "--max-mutating-requests-inflight=0",
    "--enable-priority-and-fairness=false",
  ];
  const script = 'exec "$0" "$@" >"$LOG" 2>&1';
  const child = new Deno.Command("sh", {
    args: ["-c", script, reference, ...args],
    env: { LOG: log },
    stdin: "null",
  }).spawn();
  stack.defer(async () => {
    child.kill("SIGKILL");
    await child.status;
  });
  return port;
}

const NOTHING: Answer = {
  code: 0,
  warnings: [],
  headers: {},
  contentType: "",
  bytes: new Uint8Array(),
  text: "",
  json: undefined,
};

function send(agent: https.Agent, port: number, { method, path, headers, body }: Request): Promise<Answer> {
  const text = body === undefined || body instanceof Uint8Array || typeof body === "string"
    ? body
    : JSON.stringify(body);
  const content = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return new Promise((resolve, reject) => {
    const request = https.request({
      ...{ host: "127.0.0.1", port, agent, method, path },
      headers: {
        "user-agent": "differential",
        ...content !== undefined && {
          "content-type": "application/json",
          "content-length": String(content.length),
        },
        ...headers,
      },
    }, async (response) => {
      const chunks: Uint8Array[] = [];
      try {
        for await (const chunk of response) chunks.push(chunk);
      } catch (error) {
        reject(error);
        return;
      }
      const bytes = Buffer.concat(chunks);
      const text = bytes.toString("utf8");
      const contentType = response.headers["content-type"] ?? "";
      const found = response.headers["warning"] as string | string[] | undefined;
      resolve({
        code: response.statusCode!,
        warnings: [found ?? []].flat().toSorted(),
        headers: response.headers,
        contentType,
        bytes,
        text,
        json: contentType.startsWith("application/json") ? parsed(text) : undefined,
      });
    });
    // A server that hangs up is compared, too.
    request.on(
      "error",
      ({ message }) => resolve({ ...NOTHING, text: message }),
    );
    request.end(content);
  });
}

/** Undefined for what is no single JSON document: nothing, or the events of a watch. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
