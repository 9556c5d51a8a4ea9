import { Buffer } from "node:buffer";
import packet from "dns-packet";

export interface Decoded {
  readonly id: number;
  readonly rcode: string;
  readonly flag_aa: boolean;
  readonly flag_tc: boolean;
  readonly questions: readonly { readonly name: string; readonly type: string }[];
  readonly answers: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttl: number;
    readonly data: unknown;
  }[];
  readonly authorities: readonly { readonly name: string; readonly type: string; readonly ttl: number }[];
  readonly additionals: readonly { readonly name: string; readonly type: string; readonly data: unknown }[];
}

/** A query as a client sends it. `edns` is its payload size. */
export function encodeQuery(
  name: string,
  type: string,
  { id = 7, edns }: { id?: number; edns?: number } = {},
): Uint8Array {
  return packet.encode({
    type: "query",
    id,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals: edns === undefined ? [] : [{ type: "OPT", name: ".", udpPayloadSize: edns, flags: 0, options: [] }],
  });
}

export function encodeAnswer(
  query: Uint8Array,
  answers: readonly unknown[],
  more: Record<string, unknown> = {},
): Uint8Array {
  const { id, questions } = decode(query);
  return packet.encode({ type: "response", id, flags: packet.RECURSION_AVAILABLE, questions, answers, ...more });
}

export function decode(message: Uint8Array): Decoded {
  return packet.decode(Buffer.from(message));
}
