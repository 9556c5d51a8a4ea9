import type { Clock } from "../../api/clock.ts";
import { schema } from "../../api/schema/schema.ts";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event_recorder.ts";
import type { InformerFactory } from "../../client/informer_contract.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { allControllers, type ControllerInputs } from "./all.ts";
import type { ControllerContext } from "./contract.ts";
import { ControllerMetrics } from "./metrics.ts";
import { prepareController } from "./runner.ts";

export interface ControllersOptions extends Omit<ControllerInputs, "resources"> {
  readonly client: Client;
  /** The client of a ServiceAccount in `kube-system`; absent: all act as `client`. */
  readonly clientOf?: (serviceAccount: string) => Client;
  readonly clock: Clock;
  /** Stops everything. */
  readonly signal: AbortSignal;
  /** To share with whoever else watches in this process; started here unless they are already. */
  readonly informers?: InformerFactory;
  /** The served resources; the built-in ones when absent. */
  readonly resources?: ControllerInputs["resources"];
}

export interface RunningControllers {
  readonly metrics: ControllerMetrics;
  /** Resolves when the signal has aborted and the last reconcile has ended. */
  readonly ended: Promise<void>;
}

/** Starts every controller; resolves when the first lists are in and they work. Rejects with the signal's reason when it aborts before. */
export async function startControllers(options: ControllersOptions): Promise<RunningControllers> {
  const { client, clock, signal, informers = createInformerFactory(client, { clock }) } = options;
  const metrics = new ControllerMetrics();
  const inputs = { ...options, resources: options.resources ?? (() => schema.resources()) };
  const prepared = allControllers(inputs).map(([component, make, account]) => {
    const events = createEventRecorder(client, { clock, signal, component });
    const own = account === undefined ? undefined : options.clientOf?.(account);
    const context: ControllerContext = { client: own ?? client, informers, events, clock, signal };
    return prepareController(make(context), { clock, signal, metrics });
  });
  informers.start(signal);
  await informers.whenSynced(signal);
  const ended = Promise.all(prepared.map((run) => run())).then(() => {});
  return { metrics, ended };
}
