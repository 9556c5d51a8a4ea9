import packet from "dns-packet";
import { CLASS_IN, setU16, setU32, TYPE } from "./wire.ts";

/** A record of the answers that are made here. `name` absent means the name that was asked for. */
export type DnsRecord =
  & { readonly name?: string; readonly ttl: number }
  & (
    | { readonly type: "A" | "AAAA" | "CNAME" | "NS" | "PTR" | "TXT"; readonly data: string }
    | { readonly type: "SRV"; readonly data: SrvData }
    | { readonly type: "SOA"; readonly data: SoaData }
  );

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** As it goes into a message whose question's name begins behind the header, to which absent names point (RFC 1035, 4.1.4). */
export function encodeRecord(record: DnsRecord): Uint8Array {
  const name = record.name === undefined ? new Uint8Array([0xc0, 12]) : encodeName(record.name);
  // The library's record data begins with its length.
  const data: Uint8Array = packet.record(record.type).encode(record.data);
  const bytes = new Uint8Array(name.length + 8 + data.length);
  bytes.set(name);
  setU16(bytes, name.length, TYPE[record.type]);
  setU16(bytes, name.length + 2, CLASS_IN);
  setU32(bytes, name.length + 4, record.ttl);
  bytes.set(data, name.length + 8);
  return bytes;
}

/** Whether a text is a name that fits a message: labels of 1 to 63 bytes, 253 in all. */
export function isDomainName(name: string): boolean {
  const labels = name.split(".");
  return name.length <= 253 && /^[\x21-\x7e]+$/.test(name) && labels.every(({ length }) => length > 0 && length < 64);
}

export function encodeName(name: string): Uint8Array {
  return packet.name.encode(name);
}
