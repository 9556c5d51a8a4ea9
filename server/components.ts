import type { Clock } from "../api/clock.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/event_recorder.ts";
import { createInformerFactory } from "../client/informers.ts";
import { startAddons } from "./addons/addons.ts";
import { withAuthenticatedGroup } from "./apiserver/auth/authenticator.ts";
import { serviceAccountUser } from "./apiserver/auth/service_account_user.ts";
import type { Registry, SecretTokenIssuer, UserInfo } from "./apiserver/contract.ts";
import type { BootstrapOptions } from "./apiserver/registry/bootstrap.ts";
import { keepBasics } from "./apiserver/registry/keep_basics.ts";
import type { Component } from "./cluster/leadership.ts";
import type { ControllerMetrics } from "./controllers/metrics.ts";
import { startControllers } from "./controllers/start.ts";
import { reservedNames } from "./join/reserved_names.ts";
import { keepDefragmented } from "./etcd/defragment.ts";
import type { RunningMember } from "./etcd/member.ts";
import type { ServerOptions } from "./options.ts";
import type { CaBundle } from "./controllers/serviceaccount/ca_bundle.ts";
import type { Pki } from "./pki/pki.ts";
import { SCHEDULER_NAME, startScheduler } from "./scheduler/scheduler.ts";

export interface ComponentOptions {
  readonly clientOf: (user: UserInfo) => Client;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly pki: Pki;
  readonly caBundle: CaBundle;
  readonly tokenIssuer: SecretTokenIssuer;
  readonly basics: BootstrapOptions;
  readonly server: ServerOptions;
  /** Several servers share the datastore, and each has manifests of its own. */
  readonly shared: boolean;
  /** The etcd that this server runs. */
  readonly member?: RunningMember;
  /** Told the controllers' metrics when they start, nothing when they stop. */
  onMetrics(metrics: ControllerMetrics | undefined): void;
}

/** All that works on objects by itself: each part runs on one server of a cluster, and can be started again after it was stopped. */
export function components(options: ComponentOptions): readonly Component[] {
  const { clientOf, clock, basics, pki } = options;
  const manager = clientOf({ name: "system:kube-controller-manager", groups: ["system:authenticated"] });
  // On a server that always runs both they look at the same objects; else each has a view for as long as it leads.
  const common = options.shared ? undefined : createInformerFactory(manager, { clock });
  const administrator = clientOf({ name: "system:apiserver", groups: ["system:masters", "system:authenticated"] });
  const scheduler: Component[] = options.server.disableScheduler ? [] : [
    {
      name: "kube-scheduler",
      async start(signal) {
        const client = clientOf({ name: "system:kube-scheduler", groups: ["system:authenticated"] });
        const informers = common ?? createInformerFactory(client, { clock });
        const events = createEventRecorder(client, { clock, signal, component: SCHEDULER_NAME });
        startScheduler({ client, informers, events, clock, signal });
        informers.start(signal);
        return { ended: aborted(signal) };
      },
    },
  ];
  return [
    ...scheduler,
    {
      name: "kube-controller-manager",
      async start(signal) {
        const informers = common ?? createInformerFactory(manager, { clock });
        keepBasics({ ...basics, client: administrator, informers, clock, signal });
        const { metrics, ended } = await startControllers({
          client: manager,
          informers,
          clock,
          signal,
          caBundle: options.caBundle,
          tokenIssuer: options.tokenIssuer,
          signRequest: pki.signRequest,
          clusterCidr: options.server.clusterCidr,
          reservedNames: reservedNames({
            client: administrator,
            serving: () => pki.serving.certificate,
            networks: [options.server.clusterCidr, options.server.serviceCidr],
          }),
          clientOf: (account) => clientOf(withAuthenticatedGroup(serviceAccountUser("kube-system", account))),
        });
        options.onMetrics(metrics);
        await startManifests(administrator, options, signal);
        const { member } = options;
        const cared = member && keepDefragmented(member, member.members, clock, signal);
        return { ended: Promise.all([ended, cared]).then(() => options.onMetrics(undefined)) };
      },
    },
  ];
}

async function startManifests(
  client: Client,
  { clock, registry, server, shared }: ComponentOptions,
  signal: AbortSignal,
): Promise<void> {
  await startAddons({
    client,
    clock,
    signal,
    events: createEventRecorder(client, { clock, signal, component: "manifests" }),
    resources: registry.resources(),
    directories: [
      {
        label: "bundled",
        path: new URL("../manifests", import.meta.url).pathname,
        disabled: server.disable,
        variables: { CLUSTER_DNS: server.clusterDns, CLUSTER_DOMAIN: server.clusterDomain },
      },
      {
        label: "user",
        path: `${server.dataDir}/server/manifests`,
        disabled: [],
        // Another server, which led before, may have them.
        keepsMissing: shared,
      },
    ],
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
