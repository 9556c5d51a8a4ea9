import { Buffer } from "node:buffer";
import * as https from "node:https";
import type { IncomingMessage } from "node:http";
import { WebSocket as Ws } from "ws";
import {
  certificatePem,
  privateKeyPem,
  testAuthority,
  testCertificate,
  testServerCertificate,
} from "../../../tests/fixtures/certificates.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { PodDirectory } from "../../pods/directory.ts";
import type { ContainerRuntime } from "../../runtime/contract.ts";
import { type KubeletApi, startKubeletApi } from "../kubelet_api.ts";

/** A client's TLS identity. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The node's API with certificates of its own, and the identities its tests use. */
export interface NodeApi {
  readonly api: KubeletApi;
  readonly ca: string;
  readonly server: Identity;
  readonly apiServer: Identity;
  readonly admin: Identity;
  readonly jane: Identity;
  /** An admin of another authority's. */
  readonly impostor: Identity;
}

/** What a test knows of its one Pod's containers. */
export interface TestPod {
  readonly namespace: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly containers: Readonly<Record<string, { readonly id: string; readonly logPath: string }>>;
}

export function directoryOf(pods: readonly TestPod[]): PodDirectory {
  const find = (namespace: string, name: string) =>
    pods.find((pod) => pod.namespace === namespace && pod.name === name);
  const object = ({ namespace, name }: TestPod) =>
    ({ apiVersion: "v1", kind: "Pod", metadata: { namespace, name }, spec: { containers: [] } }) as Pod;
  const container = (namespace: string, name: string, which: string, previous: boolean) =>
    previous ? undefined : find(namespace, name)?.containers[which];
  return {
    pod: (namespace, name) => {
      const pod = find(namespace, name);
      return pod && object(pod);
    },
    containerId: (...of) => container(...of)?.id,
    sandboxId: (namespace, name) => find(namespace, name)?.sandboxId,
    logPath: (...of) => container(...of)?.logPath,
    all: () => pods.map(object),
  };
}

export async function startNodeApi(runtime: ContainerRuntime, pods: readonly TestPod[]): Promise<NodeApi> {
  const [authority, other] = [await testAuthority(), await testAuthority()];
  const identity = async (of = authority, commonName: string, organization: string): Promise<Identity> => {
    const issued = await testCertificate(of, { subject: [{ O: [organization] }, { CN: [commonName] }] });
    return { cert: certificatePem(issued), key: await privateKeyPem(issued) };
  };
  const issued = await testServerCertificate(authority);
  const server = { cert: certificatePem(issued), key: await privateKeyPem(issued) };
  const ca = certificatePem(authority);
  const api = await startKubeletApi({
    nodeName: "node-1",
    address: "127.0.0.1",
    port: 0,
    tls: { ...server, clientCa: ca },
    pods: directoryOf(pods),
    runtime,
  });
  return {
    api,
    ca,
    server,
    apiServer: await identity(authority, "kube-apiserver-kubelet-client", "skiff"),
    admin: await identity(authority, "admin", "system:masters"),
    jane: await identity(authority, "jane", "team-a"),
    impostor: await identity(other, "admin", "system:masters"),
  };
}

/** One request of its own connection. */
export function get(
  node: NodeApi,
  path: string,
  identity: Identity | undefined = node.apiServer,
): Promise<{ status: number; body: string; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: "127.0.0.1",
      port: node.api.port,
      path,
      ca: node.ca,
      ...identity,
      agent: false,
    }, (response: IncomingMessage) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => body += text);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, response }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end();
  });
}

interface ClientSocket {
  readonly protocol: string;
  send(data: Uint8Array, done?: () => void): void;
  close(): void;
  on(event: string, listener: (data: Uint8Array) => void): void;
}

/** A WebSocket client that sorts what it gets by channel. */
export class ChannelClient {
  readonly received = new Map<number, Uint8Array[]>();
  readonly #socket: ClientSocket;
  readonly closed: Promise<void>;
  #wake = () => {};

  private constructor(socket: unknown) {
    this.#socket = socket as ClientSocket;
    this.#socket.on("message", (data) => {
      const bytes = new Uint8Array(data);
      const pieces = this.received.get(bytes[0]!) ?? [];
      pieces.push(bytes.subarray(1));
      this.received.set(bytes[0]!, pieces);
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      this.#socket.on("close", () => {
        resolve();
        this.#wake();
      })
    );
  }

  static open(node: NodeApi, path: string, protocols: string[]): Promise<ChannelClient> {
    return new Promise((resolve, reject) => {
      const socket = new Ws(`wss://127.0.0.1:${node.api.port}${path}`, protocols, { ca: node.ca, ...node.apiServer });
      const client = new ChannelClient(socket);
      socket.on("open", () => resolve(client));
      socket.on("error", reject);
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(channel: number, data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    return new Promise((resolve) => this.#socket.send(Buffer.concat([Uint8Array.of(channel), bytes]), () => resolve()));
  }

  close(): void {
    this.#socket.close();
  }

  bytes(channel: number): Uint8Array {
    return Buffer.concat(this.received.get(channel) ?? []);
  }

  text(channel: number): string {
    return new TextDecoder().decode(this.bytes(channel));
  }

  async until(fits: () => boolean): Promise<void> {
    while (!fits()) await new Promise<void>((resolve) => this.#wake = resolve);
  }
}
