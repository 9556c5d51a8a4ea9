import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Client } from "../../client/client.ts";
import type { ReservedNames } from "../controllers/certificates/serving_names.ts";
import { serverAddresses } from "./node_config_route.ts";

export interface ReservedNamesOptions {
  readonly client: Client;
  /** PEM of the API server's own certificate, as it is at the time. */
  readonly serving: () => string;
  readonly networks: readonly string[];
}

/** What no node may serve under: what this server is known by, the addresses of all servers, Services and Pods. */
export function reservedNames(options: ReservedNamesOptions): (signal: AbortSignal) => Promise<ReservedNames> {
  return async (signal) => {
    const servers = await serverAddresses(options.client, signal);
    return {
      names: [...namesIn(options.serving()), ...servers.map(({ host }) => host)],
      networks: options.networks,
    };
  };
}

/** The DNS names and addresses in a certificate. */
export function namesIn(certificate: string): readonly string[] {
  const text = new X509Certificate(certificate).subjectAltName ?? "";
  return text.split(", ").map((name) => name.replace(/^(DNS|IP Address):/, "")).map((name) =>
    isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name
  );
}
