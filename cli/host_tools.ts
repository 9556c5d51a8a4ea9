import { cniDirectories } from "../agent/runtime/containerd/host.ts";
import { UserError } from "./error.ts";

/** The programs that an agent runs, and the Debian package that each is in. */
const TOOLS: Readonly<Record<string, string>> = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  nft: "nftables",
  ip: "iproute2",
  conntrack: "conntrack",
};
const CNI_PLUGINS = "CNI plugins";
/** Looked in besides PATH: a user's PATH on Debian has no sbin. */
const SYSTEM_DIRECTORIES = ["/usr/sbin", "/sbin"];

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

async function isOneOf(paths: readonly string[]): Promise<boolean> {
  return (await Promise.all(paths.map(isFile))).some(Boolean);
}

/** Those of the agent's tools that this machine has not. */
export async function missingHostTools(path = Deno.env.get("PATH") ?? ""): Promise<readonly string[]> {
  const directories = [...path.split(":").filter(Boolean), ...SYSTEM_DIRECTORIES];
  const missing: string[] = [];
  for (const tool of Object.keys(TOOLS)) {
    if (!await isOneOf(directories.map((directory) => `${directory}/${tool}`))) missing.push(tool);
  }
  if (!await isOneOf(cniDirectories().map((directory) => `${directory}/bridge`))) missing.push(CNI_PLUGINS);
  return missing;
}

/** The Debian packages that have these tools. */
export function packagesOf(tools: readonly string[]): readonly string[] {
  return [...new Set(tools.map((tool) => tool === CNI_PLUGINS ? "containernetworking-plugins" : TOOLS[tool] ?? tool))];
}

/** Refuses a host on which no agent can run: without root, or without a tool, whose package the error names. */
export async function requireAgentHost(path?: string, uid = Deno.uid()): Promise<void> {
  if (uid !== 0) {
    throw new UserError("running containers needs root: run it with sudo, or with --disable-agent for a server alone");
  }
  const missing = await missingHostTools(path);
  if (missing.length === 0) return;
  throw new UserError(
    `missing on this host: ${missing.join(", ")}. On Debian: apt-get install ${packagesOf(missing).join(" ")}; ` +
      "or use --disable-agent for a server alone",
  );
}
