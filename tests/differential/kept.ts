import { keyOf } from "../../api/resource.ts";
import { configmaps, ipaddresses } from "../../api/resources.ts";
import type { Clock } from "../../api/clock.ts";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event_recorder.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { ControllerMetrics } from "../../server/controllers/metrics.ts";
import { prepareController } from "../../server/controllers/runner.ts";
import { legacyTokenTracking, trackingTarget } from "../../server/controllers/serviceaccount/legacy_token_tracking.ts";
import { ipAddressController } from "../../server/controllers/servicecidrs/ip_addresses.ts";

/** What upstream's API server keeps by itself, and controllers of ours do. */
const keepers = [legacyTokenTracking, ipAddressController];

/** Starts those controllers; resolves when their first objects are there. `address` is that of the Service `kubernetes`. */
export async function keepObjects(client: Client, clock: Clock, signal: AbortSignal, address: string): Promise<void> {
  const informers = createInformerFactory(client, { clock });
  const events = createEventRecorder(client, { clock, signal, component: "differential" });
  const metrics = new ControllerMetrics();
  const prepared = keepers.map((make) =>
    prepareController(make({ client, informers, events, clock, signal }), { clock, signal, metrics })
  );
  const made = [
    [informers.informer(configmaps), `${trackingTarget.namespace}/${trackingTarget.name}`],
    [informers.informer(ipaddresses), address],
  ] as const;
  const present = made.map(([informer, key]) =>
    new Promise<void>((resolve) =>
      informer.onChange(({ object }) => {
        if (keyOf(object) === key) resolve();
      })
    )
  );
  informers.start(signal);
  await informers.whenSynced(signal);
  for (const run of prepared) void run();
  await Promise.all(present);
}
