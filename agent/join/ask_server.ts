import type { HttpsTransport } from "../../client/https_transport.ts";
import { NODE_CONFIG_PATH, type NodeConfig, readNodeConfig } from "../../client/node_config.ts";

/** Milliseconds. */
const TIMEOUT = 10_000;

/** What a server says to whoever is a node, or may become one. */
export async function askConfig(
  transport: HttpsTransport,
  signal: AbortSignal,
): Promise<{ readonly config: NodeConfig; readonly date: number | undefined }> {
  const answer = await transport.open({ method: "GET", path: NODE_CONFIG_PATH, signal, timeout: TIMEOUT });
  return { config: readNodeConfig(await answer.json()), date: answer.date };
}

/** The cluster's authorities by now, PEM, from a server that a present one vouches for. */
export async function askClusterCa(transport: HttpsTransport, signal: AbortSignal): Promise<string> {
  const answer = await transport.open({ method: "GET", path: "/cacerts", signal, timeout: TIMEOUT });
  return (await Array.fromAsync(answer.lines())).map((line) => `${line}\n`).join("");
}
