import { Buffer } from "node:buffer";
import { BlockList, isIP } from "node:net";
import { readAll } from "../../../client/der.ts";
import type { CertificateRequest } from "../../pki/certificate_request.ts";

/** Names and addresses that no node may answer to. */
export interface ReservedNames {
  /** DNS names and addresses of the API servers. */
  readonly names: readonly string[];
  /** The Services' and the Pods', in prefix notation. */
  readonly networks: readonly string[];
}

/** A node that asks for them gets them; `leave`s are for a person to decide. */
export type ServingVerdict = { readonly kind: "approve" } | { readonly kind: "leave" } | {
  readonly kind: "deny";
  readonly message: string;
};

/**
 * Whether a node may serve under the names that it asks for. Clients know a node's API by the node's name, which its client certificate has proved: that and addresses are
 * its own affair. But with a name or an address of the API servers, or of a Service, it could pass for them.
 */
export function judgeServingNames(
  node: string,
  { names }: Pick<CertificateRequest, "names">,
  reserved: ReservedNames,
): ServingVerdict {
  const asked = [
    ...names.dns.map((der) => Buffer.from(contentOf(der)).toString("latin1").toLowerCase()),
    ...names.ip.map((der) => addressOf(contentOf(der))),
  ];
  const taken = new Set(reserved.names.map((name) => name.toLowerCase()));
  const blocked = new BlockList();
  for (const network of reserved.networks) {
    const [base = "", prefix = ""] = network.split("/");
    blocked.addSubnet(base, Number(prefix), isIP(base) === 6 ? "ipv6" : "ipv4");
  }
  for (const name of asked) {
    const family = isIP(name);
    if (taken.has(name) || family !== 0 && blocked.check(name, family === 6 ? "ipv6" : "ipv4")) {
      return {
        kind: "deny",
        message: `${name} is the API server's, a Service's or a Pod's: no node may serve under it`,
      };
    }
    if (family === 0 && name !== node) return { kind: "leave" };
  }
  return { kind: "approve" };
}

function contentOf(der: Uint8Array): Uint8Array {
  return readAll(der)[0]?.content ?? new Uint8Array();
}

function addressOf(content: Uint8Array): string {
  if (content.length === 4) return content.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((content[2 * i] ?? 0) << 8 | (content[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
