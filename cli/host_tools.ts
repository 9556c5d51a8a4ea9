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

/** Refuses a host on which no agent can run: without root, or without a tool, whose package the error names. */
export async function requireAgentHost(path = Deno.env.get("PATH") ?? "", uid = Deno.uid()): Promise<void> {
  if (uid !== 0) {
    throw new UserError("running containers needs root: run it with sudo, or with --disable-agent for a server alone");
  }
  const directories = [...path.split(":").filter(Boolean), ...SYSTEM_DIRECTORIES];
  const missing: [string, string][] = [];
  for (const [tool, name] of Object.entries(TOOLS)) {
    if (!await isOneOf(directories.map((directory) => `${directory}/${tool}`))) missing.push([tool, name]);
  }
  if (!await isOneOf(cniDirectories().map((directory) => `${directory}/bridge`))) {
    missing.push(["CNI plugins", "containernetworking-plugins"]);
  }
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(" ");
  throw new UserError(
    `missing on this host: ${
      missing.map(([tool]) => tool).join(", ")
    }. On Debian: apt-get install ${packages}; or use --disable-agent for a server alone`,
  );
}
