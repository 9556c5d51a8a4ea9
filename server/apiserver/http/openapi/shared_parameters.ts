import { Buffer } from "node:buffer";

type Json = Readonly<Record<string, unknown>>;

/** By their absence among the shared ones clients of old see whether the server can do it. */
const neverShared: ReadonlySet<string> = new Set(["name query", "name path", "fieldValidation query", "dryRun query"]);

/** The parameters that OpenAPI 2 names once for all operations, which refer to them. */
export class SharedParameters {
  readonly #named = new Map<string, Json>();
  /** By their text: few are referred to by thousands of operations. */
  readonly #names = new Map<string, string>();

  /** The parameter itself, or a reference to it. The order of its keys is a part of its name. */
  refer(parameter: Json): Json {
    if (neverShared.has(`${parameter["name"]} ${parameter["in"]}`) || isOfKind(parameter)) return parameter;
    const text = JSON.stringify(parameter);
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `${parameter["name"]}-${hashOf(text)}`;
      this.#names.set(text, name);
      this.#named.set(name, parameter);
    }
    return { $ref: `#/parameters/${name}` };
  }

  /** All so far, by name in order. */
  all(): Json {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => a < b ? -1 : 1));
  }
}

/** A body that only operations on one kind take. */
function isOfKind({ in: place, schema }: Json): boolean {
  const { $ref = "" } = (schema ?? {}) as { readonly $ref?: string };
  return place === "body" && !$ref.startsWith("#/definitions/io.k8s.apimachinery");
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1 of 64 bits, of which the name has the first 48; upstream's choice. */
function hashOf(text: string): string {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, hash * FNV_PRIME) ^ BigInt(byte);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(hash);
  return bytes.subarray(0, 6).toString("base64url");
}
