import { Buffer } from "node:buffer";
import type { ProbeOutcome } from "./outcome.ts";

type Grpc = typeof import("@grpc/grpc-js");

const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/**
 * One `grpc.health.v1.Health/Check`. The two messages are a string and an enum, written and read here by hand, so that only the transport has
 * to be loaded, and that only on nodes with such a probe.
 */
export async function grpcCheck(
  host: string,
  port: number,
  service: string,
  milliseconds: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { default: { Client, credentials } } = await import("@grpc/grpc-js") as unknown as { default: Grpc };
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const client = new Client(address, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  try {
    return await new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        (name: string) => encodeRequest(name) as unknown as never,
        (answer) => decodeStatus(answer),
        service,
        { deadline: Date.now() + milliseconds },
        (error, status) => {
          signal.removeEventListener("abort", cancel);
          if (error) resolve({ success: false, output: `gRPC health check failed: ${error.details || error.message}` });
          else {
            const name = statuses[status ?? 0] ?? String(status);
            resolve({ success: status === 1, output: `service unhealthy (responded with "${name}")` });
          }
        },
      );
      const cancel = () => {
        call.cancel();
        reject(signal.reason);
      };
      signal.addEventListener("abort", cancel, { once: true });
    });
  } finally {
    client.close();
  }
}

/** `HealthCheckRequest`: field 1, a string. */
export function encodeRequest(service: string): Uint8Array {
  const text = new TextEncoder().encode(service);
  if (text.length === 0) return Buffer.alloc(0);
  return Buffer.from([0x0a, ...varint(text.length), ...text]);
}

/** `HealthCheckResponse`: field 1, an enum; other fields may come and are passed over. */
export function decodeStatus(bytes: Uint8Array): number {
  let at = 0;
  let status = 0;
  const read = () => {
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = read();
    const type = tag & 7;
    if (type === 0) {
      const value = read();
      if (tag >> 3 === 1) status = value;
    } else if (type === 2) {
      const length = read();
      at += length;
    } else at += type === 1 ? 8 : type === 5 ? 4 : bytes.length;
  }
  return status;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
