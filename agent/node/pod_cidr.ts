import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { nodes } from "../../api/resources.ts";
import type { Client } from "../../client/client.ts";
import { readIfPresent, writeFileAtomically } from "../../client/files.ts";
import { pause } from "../../client/pause.ts";
import { readMachine } from "./machine.ts";
import type { NodeOptions } from "./node_object.ts";
import { ensureNode } from "./register_node.ts";

export interface PodCidrOptions extends NodeOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** Where the share is kept for a start without a server. */
  readonly file: string;
  readonly signal: AbortSignal;
}

const logger = getLogger(["skiff", "agent", "node"]);
/** So long the server is waited for when there is a remembered share. */
const PATIENCE = 2_000;
const TRY_AGAIN = 200;

/**
 * The node's share of the cluster's network, as the server gives it; makes the Node where there is none. When the server does not answer in time, what it was
 * last time; without one it is waited for.
 */
export async function podCidrOf(options: PodCidrOptions): Promise<string> {
  const { clock, file, signal } = options;
  const remembered = (await readIfPresent(file))?.trim();
  const late = new AbortController();
  const cancel = remembered ? clock.after(PATIENCE, () => late.abort(new Error("no answer in time"))) : () => {};
  try {
    const given = await askForShare(options, AbortSignal.any([signal, late.signal]));
    if (given !== remembered) await writeFileAtomically(file, `${given}\n`, 0o644);
    return given;
  } catch (error) {
    if (signal.aborted || !late.signal.aborted || !remembered) throw error;
    logger.warn("no server answers; the node's Pods stay in {share}", { share: remembered });
    return remembered;
  } finally {
    cancel();
  }
}

async function askForShare(options: PodCidrOptions, signal: AbortSignal): Promise<string> {
  const { client, clock, name } = options;
  for (;;) {
    const node = await ensureNode({ ...options, signal }, await readMachine());
    if (node.spec?.podCIDR) return node.spec.podCIDR;
    const resourceVersion = node.metadata.resourceVersion ?? "";
    try {
      for await (
        const event of client.watch(nodes, { fieldSelector: `metadata.name=${name}`, resourceVersion, signal })
      ) {
        if (event.type === "DELETED") break;
        if (event.type !== "BOOKMARK" && event.object.spec?.podCIDR) return event.object.spec.podCIDR;
      }
    } catch {
      // The Node is read again, with back-off.
    }
    await pause(clock, TRY_AGAIN, signal);
  }
}
