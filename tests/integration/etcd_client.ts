import { Buffer } from "node:buffer";
import type { Client, ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { codec, type WatchResponse } from "../../datastore/etcd_face/messages.ts";

type Grpc = typeof import("@grpc/grpc-js");

/** etcd's calls by their names, with requests that leave out what is zero. */
export interface EtcdClient {
  /** Rejects with gRPC's error: `code` and `details`. */
  call<Response>(service: string, method: string, messages: [string, string], request: unknown): Promise<Response>;
  watch(): WatchCall;
  close(): void;
}

export interface WatchCall {
  readonly responses: readonly WatchResponse[];
  send(request: unknown): void;
  pause(): void;
  resume(): void;
  cancel(): void;
}

/** A connection to `host:port`, in plain text or by the given PEM. */
export async function etcdClient(
  target: string,
  tls?: { readonly ca: string; readonly cert?: string; readonly key?: string },
): Promise<EtcdClient> {
  const grpc = (await import("@grpc/grpc-js") as unknown as { default: Grpc }).default;
  const pem = (text?: string) => text === undefined ? null : Buffer.from(text);
  const credentials = tls
    ? grpc.credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert))
    : grpc.credentials.createInsecure();
  const client: Client = new grpc.Client(target, credentials, { "grpc.max_receive_message_length": -1 });
  return {
    call: (service, method, [request, response], message) =>
      new Promise((resolve, reject) =>
        client.makeUnaryRequest(
          `/${service}/${method}`,
          codec(request).encode,
          codec(response).decode as never,
          message,
          (error: ServiceError | null, answer) => error ? reject(error) : resolve(answer as never),
        )
      ),
    watch() {
      const call: ClientDuplexStream<unknown, WatchResponse> = client.makeBidiStreamRequest(
        "/etcdserverpb.Watch/Watch",
        codec("WatchRequest").encode,
        codec("WatchResponse").decode as never,
      );
      const responses: WatchResponse[] = [];
      call.on("data", (response) => responses.push(response));
      call.on("error", () => {});
      return {
        responses,
        send: (request) => void call.write(request),
        pause: () => void call.pause(),
        resume: () => void call.resume(),
        cancel: () => call.cancel(),
      };
    },
    close: () => client.close(),
  };
}
