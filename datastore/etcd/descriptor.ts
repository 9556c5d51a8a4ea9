/** Protocol buffers stated as tables of field numbers. */
import type { Root } from "protobufjs/light.js";

export interface Field {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
}

export const text = (id: number): Field => ({ type: "string", id });
export const binary = (id: number): Field => ({ type: "bytes", id });
export const int = (id: number): Field => ({ type: "int64", id });
export const flag = (id: number): Field => ({ type: "bool", id });
export const choice = (id: number): Field => ({ type: "int32", id });
export const one = (type: string, id: number): Field => ({ type, id });
export const many = (type: string, id: number): Field => ({ rule: "repeated", type, id });

export interface Method<Request, Response> {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly request: string;
  readonly response: string;
  /** Never set: carries the types. */
  readonly types?: [Request, Response];
}

/** 64-bit integers come as objects of their own, or as numbers. */
export type Int = number | { toNumber(): number };

export function number(value: Int): number {
  return typeof value === "number" ? value : value.toNumber();
}

/** As protobufjs' `Root.fromJSON` takes them. */
export function descriptorOf(messages: Readonly<Record<string, Readonly<Record<string, Field>>>>) {
  return { nested: Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }])) };
}

/** A message's two directions. */
export function codecOf<Message>(root: Root, name: string) {
  const type = root.lookupType(name);
  return {
    encode: (message: Message) => type.encode(message as Record<string, unknown>).finish() as never,
    decode: (bytes: Uint8Array) => type.decode(bytes) as unknown as Message,
  };
}
