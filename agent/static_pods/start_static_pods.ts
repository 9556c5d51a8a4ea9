import { type Clock, systemClock } from "../../api/clock.ts";
import type { Node } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event_recorder.ts";
import type { PodManager } from "../pods/start_pods.ts";
import { watchManifests } from "./manifest_directory.ts";
import { MirrorPods } from "./mirror_pods.ts";

export interface StaticPodsOptions {
  /** `DIR/agent/pod-manifests`; made when it is missing. */
  readonly directory: string;
  readonly nodeName: string;
  readonly manager: PodManager;
  readonly client: Client;
  readonly events: EventRecorder;
  /** The Node once it is registered. */
  readonly node: () => Node | undefined;
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

export interface StaticPods {
  /** The Node has come into being, or has changed: mirror Pods can be made. */
  nodeChanged(): void;
  /** Resolves when all is at rest after the signal has aborted. */
  closed(): Promise<void>;
}

/** Runs the Pods of a directory of manifests and mirrors them in the API. Resolves when the files that are there have been read. */
export async function startStaticPods(options: StaticPodsOptions): Promise<StaticPods> {
  const { manager, client, signal, node, events } = options;
  const clock = options.clock ?? systemClock();
  const mirrors = new MirrorPods({ client, clock, signal, node, present: () => manager.mirrors() });
  manager.onMirrorChange(() => mirrors.check());
  const watching = await watchManifests({
    directory: options.directory,
    nodeName: options.nodeName,
    clock,
    signal,
    changed: (found) => {
      manager.setStaticPods(found);
      mirrors.set(found);
    },
    failed: (_, message) => {
      const { name = options.nodeName, uid } = node()?.metadata ?? {};
      const about = { kind: "Node", apiVersion: "v1", name, ...(uid === undefined ? {} : { uid }) };
      events.event(about, "Warning", "FailedStaticPod", message);
    },
  });
  return {
    nodeChanged: () => mirrors.check(),
    async closed() {
      await Promise.allSettled([watching.closed, mirrors.closed]);
    },
  };
}
