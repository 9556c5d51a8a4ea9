import type { Clock } from "../../api/clock.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event_recorder.ts";
import type { InformerFactory } from "../../client/informer_contract.ts";
import type { TokenIssuer } from "../apiserver/contract.ts";
import type { ControllerContext, ControllerFactory } from "./contract.ts";
import { daemonSetController } from "./daemonset/daemonset.ts";
import { deploymentController } from "./deployment/deployment.ts";
import { endpointsController } from "./endpoints/endpoints.ts";
import { endpointSliceController } from "./endpoints/endpointslice.ts";
import { garbageCollector } from "./garbage_collector/garbage_collector.ts";
import { ControllerMetrics } from "./metrics.ts";
import { namespaceController } from "./namespace/namespace.ts";
import { nodeLifecycle } from "./node_lifecycle/node_lifecycle.ts";
import { taintEviction } from "./node_lifecycle/taint_eviction.ts";
import { podGc } from "./pod_gc/pod_gc.ts";
import { replicaSetController } from "./replicaset/replicaset.ts";
import { replicationControllerController } from "./replicaset/replicationcontroller.ts";
import { prepareController } from "./runner.ts";
import { serviceAccountController } from "./serviceaccount/default_account.ts";
import { rootCaController } from "./serviceaccount/root_ca.ts";
import { tokenSecretController } from "./serviceaccount/token_secret.ts";

export interface ControllersOptions {
  readonly client: Client;
  /** Shared with whoever else watches in this process; started here unless they are already. */
  readonly informers: InformerFactory;
  readonly clock: Clock;
  /** Stops everything. */
  readonly signal: AbortSignal;
  /** PEM of the authorities by which Pods know the API server. */
  readonly caBundle: string;
  readonly tokenIssuer: Pick<TokenIssuer, "issue">;
  /** The served resources: `registry.resources`. */
  readonly resources: () => readonly ResourceRow[];
}

export interface RunningControllers {
  readonly metrics: ControllerMetrics;
  /** Resolves when the signal has aborted and the last reconcile has ended. */
  readonly ended: Promise<void>;
}

/** Every controller, and the name under which its events come, which is upstream's. */
function controllers({ caBundle, tokenIssuer, resources }: ControllersOptions): readonly [string, ControllerFactory][] {
  return [
    ["namespace-controller", (context) => namespaceController(context, resources)],
    ["service-account-controller", serviceAccountController],
    ["root-ca-certificate-publisher", (context) => rootCaController(context, caBundle)],
    ["serviceaccount-token-controller", (context) => tokenSecretController(context, { tokenIssuer, caBundle })],
    ["deployment-controller", deploymentController],
    ["replicaset-controller", replicaSetController],
    ["replication-controller", replicationControllerController],
    ["daemonset-controller", daemonSetController],
    ["endpoint-controller", endpointsController],
    ["endpoint-slice-controller", endpointSliceController],
    ["garbage-collector-controller", garbageCollector],
    ["pod-garbage-collector-controller", podGc],
    ["node-controller", nodeLifecycle],
    ["taint-eviction-controller", taintEviction],
  ];
}

/** Starts them all; resolves when their first lists are in and they work. Rejects with the signal's reason when it aborts before. */
export async function startControllers(options: ControllersOptions): Promise<RunningControllers> {
  const { client, informers, clock, signal } = options;
  const metrics = new ControllerMetrics();
  const prepared = controllers(options).map(([component, make]) => {
    const events = createEventRecorder(client, { clock, signal, component });
    const context: ControllerContext = { client, informers, events, clock, signal };
    return prepareController(make(context), { clock, signal, metrics });
  });
  informers.start(signal);
  await informers.whenSynced(signal);
  const ended = Promise.all(prepared.map((run) => run())).then(() => {});
  return { metrics, ended };
}
