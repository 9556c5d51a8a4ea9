import type { AgentFlags } from "./agent_flags.ts";
import { UserError } from "./error.ts";
import type { Host } from "./host.ts";
import { type NodeSettings, nodeSettings } from "./node_settings.ts";
import { chosenSecret } from "./token_flags.ts";

export interface AgentSettings {
  readonly node: NodeSettings;
  /** `https://HOST:6443` */
  readonly server: string;
  readonly token?: string;
}

/** Throws a UserError that names the flag, its value and what it takes. */
export async function agentSettings(flags: AgentFlags, host: Host): Promise<AgentSettings> {
  const token = await chosenSecret("--token", flags.token, flags.tokenFile);
  return {
    node: await nodeSettings(flags, host),
    server: serverUrl(flags.server),
    ...token !== undefined && { token },
  };
}

function serverUrl(text: string | undefined): string {
  if (text === undefined) throw new UserError("--server is missing: give a server of the cluster, https://HOST:6443");
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.pathname !== "/" || url.search !== "" || url.username !== "") {
    throw new UserError(`--server ${JSON.stringify(text)} is no server such as https://10.0.0.1:6443`);
  }
  return `https://${url.hostname}:${url.port || 443}`;
}
