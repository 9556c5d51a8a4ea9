import { resolve } from "node:path";
import { Option } from "commander";
import { containerdPaths } from "../agent/runtime/containerd/paths.ts";
import { UserError } from "./error.ts";

/** Flags of commands that speak to a node's containerd. */
export interface ContainerdFlags {
  readonly dataDir: string;
  readonly containerRuntimeEndpoint?: string;
}

export function endpointOption(): Option {
  return new Option("--container-runtime-endpoint <socket>", "the containerd that the agent was told to use")
    .env("SKIFF_CONTAINER_RUNTIME_ENDPOINT");
}

/** The path of containerd's socket: the one that is named, or that of the data directory's own. */
export async function containerdSocket({ dataDir, containerRuntimeEndpoint: given }: ContainerdFlags): Promise<string> {
  if (given !== undefined) return given.replace(/^unix:\/\//, "");
  const directory = resolve(dataDir);
  const isThere = await Deno.stat(`${directory}/agent`).then(() => true, () => false);
  const socket = isThere ? containerdPaths(directory).socket : undefined;
  if (socket !== undefined && await Deno.stat(socket).then(() => true, () => false)) return socket;
  throw new UserError(
    `no containerd runs for ${directory}: is it the data directory of a running agent? Give it with --data-dir, or another containerd ` +
      "with --container-runtime-endpoint",
  );
}
