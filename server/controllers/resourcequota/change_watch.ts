import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { Client, WatchEvent } from "../../../client/client.ts";
import { pause } from "../../../client/pause.ts";
import { initialState, nextState, type ReflectorInput, type ReflectorState } from "../../../client/reflector.ts";

const logger = getLogger(["skiff", "controllers", "resourcequota"]);

export interface ChangeHandler {
  /** Called once for each event. */
  changed(event: Exclude<WatchEvent, { readonly type: "BOOKMARK" }>): void;
  /** Events may have been missed: called when the watch starts, and whenever it had to start over. */
  started(): void;
}

/** Tells of each change of a resource's objects, and keeps none of them. Until the signal aborts. */
export async function watchChanges(
  client: Client,
  clock: Clock,
  resource: Resource,
  handler: ChangeHandler,
  signal: AbortSignal,
): Promise<void> {
  let state: ReflectorState = initialState;
  const progress = (input: ReflectorInput) => state = nextState(state, input, Math.random);
  while (!signal.aborted) {
    try {
      if (state.at === "listing") {
        const { metadata } = await client.list<KubeObject>(resource, { limit: 1, signal });
        progress({ type: "listed", resourceVersion: metadata.resourceVersion ?? "" });
        handler.started();
      } else if (state.at === "waiting") {
        await pause(clock, state.milliseconds, signal);
        progress({ type: "waited" });
      } else {
        const start = clock.now();
        for await (
          const event of client.watch<KubeObject>(resource, { resourceVersion: state.resourceVersion, signal })
        ) {
          const bookmark = event.type === "BOOKMARK";
          if (!bookmark) handler.changed(event);
          const resourceVersion = bookmark ? event.resourceVersion : event.object.metadata.resourceVersion ?? "";
          progress({ type: "progressed", resourceVersion });
        }
        progress({ type: "ended", lasted: clock.now() - start });
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.debug("lost the watch of {resource}: {error}", {
        resource: resource.resource,
        error: (error as Error).message,
      });
      progress({ type: "failed", error });
    }
  }
}
