import type { Client, Metadata, ServiceError } from "@grpc/grpc-js";
import { installHttp2Guard } from "../../../client/http2_guard.ts";
import { RuntimeError } from "../contract.ts";
import type { Codec, Fields } from "./descriptor.ts";
import { toRuntimeError } from "./errors.ts";

/** A gRPC method and the messages it takes and gives. */
export interface Method {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly request: string;
  readonly response: string;
  readonly codec: Codec;
}

export interface CallOptions {
  /** Milliseconds; after them the call rejects with `deadlineExceeded`. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One connection to a container runtime's socket. */
export interface Channel {
  /** Rejects with a `RuntimeError`, or the signal's reason. */
  call(method: Method, fields: Fields, options: CallOptions): Promise<Fields>;
  /** The responses as they come, until the signal aborts; throws a `RuntimeError` when the stream ends before. Not more than `limit` wait unread. */
  stream(method: Method, fields: Fields, options: StreamOptions): AsyncIterable<Fields>;
  close(): void;
}

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly limit: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** ExecSync answers up to 16 MB each of standard output and error. */
const LARGEST_MESSAGE = 34 * 1024 * 1024;

type Grpc = typeof import("@grpc/grpc-js");

/** grpc-js takes 20 MB, so it is loaded with the first call and not with the module. */
async function connect(address: string): Promise<{ grpc: Grpc; client: Client }> {
  installHttp2Guard();
  const { default: grpc } = await import("@grpc/grpc-js") as unknown as { default: Grpc };
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
    "grpc.max_send_message_length": LARGEST_MESSAGE,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.min_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
  });
  return { grpc, client };
}

function metadataOf(grpc: Grpc, headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

function serializers({ codec, request, response }: Method) {
  return {
    serialize: (fields: Fields) => codec.encode(request, fields),
    deserialize: (bytes: Uint8Array) => codec.decode(response, bytes),
  };
}

/** Connects at the first call. `endpoint` is `unix:///path` or a path. */
export function openChannel(endpoint: string): Channel {
  const address = `unix:${socketPath(endpoint)}`;
  let connecting: ReturnType<typeof connect> | undefined;
  let closed = false;

  async function connected(): ReturnType<typeof connect> {
    const connection = await (connecting ??= connect(address));
    if (closed) throw new RuntimeError("unavailable", `${endpoint}: the connection was closed`);
    return connection;
  }

  return {
    async call(method, fields, { timeout, signal, headers = {} }) {
      const { grpc, client } = await connected();
      return await new Promise<Fields>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const { serialize, deserialize } = serializers(method);
        const call = client.makeUnaryRequest(
          method.path,
          serialize as never,
          deserialize as never,
          fields,
          metadataOf(grpc, headers),
          { deadline: Date.now() + timeout },
          (fault: ServiceError | null, answer?: unknown) => {
            signal?.removeEventListener("abort", cancel);
            if (!fault) resolve(answer as Fields);
            else reject(signal?.aborted ? signal.reason : toRuntimeError(fault, method.path.replace(/^.*\//, "")));
          },
        );
        function cancel(): void {
          call.cancel();
        }
        signal?.addEventListener("abort", cancel, { once: true });
      });
    },

    stream: (method, fields, options) => serverStream(connected(), method, fields, options),

    close() {
      closed = true;
      connecting?.then(({ client }) => client.close(), () => {});
    },
  };
}

async function* serverStream(
  connected: ReturnType<typeof connect>,
  method: Method,
  fields: Fields,
  { signal, limit, headers = {} }: StreamOptions,
): AsyncIterable<Fields> {
  const { grpc, client } = await connected;
  if (signal.aborted) return;
  const { serialize, deserialize } = serializers(method);
  const call = client.makeServerStreamRequest(
    method.path,
    serialize as never,
    deserialize as never,
    fields,
    metadataOf(grpc, headers),
    {},
  );
  const waiting: Fields[] = [];
  let ended: RuntimeError | "cancelled" | undefined;
  let wake = () => {};
  const end = (how: RuntimeError | "cancelled") => {
    if (ended) return;
    ended = how;
    call.cancel();
    wake();
  };
  const cancel = () => end("cancelled");
  signal.addEventListener("abort", cancel, { once: true });
  call.on("data", (message: Fields) => {
    waiting.push(message);
    if (waiting.length > limit) end(new RuntimeError("failed", `${method.path}: over ${limit} messages unread`));
    wake();
  });
  call.on("error", (fault: ServiceError) => end(toRuntimeError(fault, method.path.replace(/^.*\//, ""))));
  call.on("end", () => end(new RuntimeError("unavailable", `${method.path}: the runtime ended the stream`)));
  try {
    for (;;) {
      const message = waiting.shift();
      if (message) yield message;
      else if ((ended as unknown) === "cancelled") return;
      else if (ended) throw ended;
      else await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    end("cancelled");
  }
}

/** Throws `RuntimeError` for what is not a Unix socket. */
export function socketPath(endpoint: string): string {
  const path = endpoint.replace(/^unix:(\/\/)?/, "");
  if (path.startsWith("/")) return path;
  throw new RuntimeError(
    "invalidArgument",
    `container runtime endpoint ${JSON.stringify(endpoint)}: not a Unix socket, give unix:///path/to/socket`,
  );
}
