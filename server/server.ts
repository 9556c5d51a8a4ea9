import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../api/clock.ts";
import { createEventRecorder } from "../client/event_recorder.ts";
import type { Client } from "../client/client.ts";
import { installHttp2Guard } from "../client/http2_guard.ts";
import { createInformerFactory } from "../client/informers.ts";
import { startAddons } from "./addons/addons.ts";
import type { AdmissionConfiguration } from "./apiserver/admission/configuration.ts";
import { AccessControl, type AuthorizerSetup } from "./apiserver/auth/access.ts";
import { withAuthenticatedGroup } from "./apiserver/auth/authenticator.ts";
import { serviceAccountUser } from "./apiserver/auth/service_account_user.ts";
import type { Registry, UserInfo } from "./apiserver/contract.ts";
import { startApiServer } from "./apiserver/http/api_server.ts";
import { createInProcessClient } from "./apiserver/in_process.ts";
import { ensurePolicy } from "./apiserver/rbac/bootstrap/ensure_policy.ts";
import { bootstrap } from "./apiserver/registry/bootstrap.ts";
import { keepBasics } from "./apiserver/registry/keep_basics.ts";
import { openRegistry } from "./apiserver/registry/open.ts";
import type { ControllerMetrics } from "./controllers/metrics.ts";
import { startControllers } from "./controllers/start.ts";
import { identities } from "./identities.ts";
import type { ServerOptions } from "./options.ts";
import { joinRoutes } from "./join/join_routes.ts";
import { type LocalNode, LocalNodes, type NodeIdentity } from "./join/local_node.ts";
import { NodeTunnels } from "./join/node_tunnels.ts";
import { reservedNames } from "./join/reserved_names.ts";
import { openJoinTokens } from "./join/join_tokens.ts";
import { adminKubeconfig, writeKubeconfig } from "./pki/kubeconfig.ts";
import { keepRenewed } from "./pki/keep_renewed.ts";
import { openPki } from "./pki/pki.ts";
import { SCHEDULER_NAME, startScheduler } from "./scheduler/scheduler.ts";
import { firstAddress } from "./service_network.ts";
import { openStore } from "./store.ts";

/** A running API server with its scheduler and controllers. */
export interface RunningServer {
  readonly port: number;
  /** Where the administrator's kubeconfig lies. */
  readonly kubeconfig: string;
  /** The in-process client of a component: nothing is serialised, and no credentials are checked. */
  clientOf(user: UserInfo): Client;
  /** Makes a node of the agent in this process. */
  nodeIdentity(node: LocalNode): Promise<NodeIdentity>;
  /** Ends watches, finishes commits, releases files and threads. */
  close(): Promise<void>;
}

const MASTERS = ["system:masters", "system:authenticated"];
const logger = getLogger(["skiff", "server"]);

/**
 * Starts the server. Resolves when the API answers and its basic objects are there; controllers, scheduler and manifests start right after. Rejects, having
 * released everything, with an error whose message is made for the user (port in use, directory locked, file damaged).
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const clock = systemClock();
  const stop = new AbortController();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    stop.abort(new DOMException("the server stops", "AbortError"));
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    await Deno.mkdir(`${options.dataDir}/server`, { recursive: true, mode: 0o700 });
    // Before anything speaks HTTP/2: etcd does, too.
    installHttp2Guard();
    const serviceIP = firstAddress(options.serviceCidr);
    const opened = openStore(options, clock);
    // It may fail before anybody waits for it.
    opened.catch(() => {});
    const pki = await openPki(`${options.dataDir}/server/tls`, {
      serviceIP,
      clusterDomain: options.clusterDomain,
      names: [...options.tlsSan, options.advertiseAddress],
    }).catch(async (error) => {
      await opened.then((store) => store.close(), () => {});
      throw error;
    });
    const store = await opened;
    const { datastore } = store;
    closers.push(() => store.close());

    const access = new AccessControl(await authorizers(options.authorizationConfigFile, clock));
    const { clusterDomain } = options;
    const joinTokens = await openJoinTokens(`${options.dataDir}/server`, pki.clusterCa, options.joinTokens);
    const identity = identities({
      pki,
      clock,
      clusterDomain,
      access,
      joinTokens: joinTokens.authenticator,
      registry: () => registry,
    });
    const registry: Registry = await openRegistry({
      datastore,
      clock,
      tokenIssuer: identity.tokens,
      serviceCIDR: options.serviceCidr,
      nodePorts: options.nodePorts,
      reviews: identity.reviews,
      access,
      ...(options.admissionConfigFile !== undefined && {
        admission: await admissionConfiguration(options.admissionConfigFile),
      }),
    });
    closers.push(() => registry.close());
    await access.follow(registry);
    closers.push(async () => access.close());

    const clientOf = (user: UserInfo) => createInProcessClient(registry, user);
    const apiserver = clientOf({ name: "system:apiserver", groups: MASTERS });
    const tunnels = new NodeTunnels();
    closers.push(async () => tunnels.close());
    // The controllers come after the API that they work with.
    const controllerMetrics: { of?: ControllerMetrics } = {};
    const api = await startApiServer({
      registry,
      pki,
      authenticator: identity.authenticator,
      authorizer: access,
      address: options.bindAddress,
      port: options.port,
      tokens: { issuer: identity.tokens.issuer, jwks: identity.tokens.jwks },
      nodes: tunnels,
      http1Only: options.http1Only,
      paths: new Map([
        ...store.paths,
        ...joinRoutes({ clusterCa: pki.clusterCa, settings: options, client: apiserver, tunnels }),
      ]),
      metrics: () => controllerMetrics.of?.families() ?? [],
    });
    closers.push(() => api.close());

    const basics = { serviceIP, address: options.advertiseAddress, port: options.advertisePort ?? api.port };
    await bootstrap(apiserver, basics);
    await ensurePolicy(apiserver);
    const local = options.bindAddress === "0.0.0.0" || options.bindAddress === "::" ? "127.0.0.1" : options.bindAddress;
    const writeKubeconfigs = async () => {
      const administrator = {
        server: `https://${local}:${api.port}`,
        certificateAuthority: pki.clusterCa,
        client: pki.admin,
      };
      await writeKubeconfig(adminKubeconfig(options.dataDir), administrator);
      await writeKubeconfig(options.kubeconfig, administrator);
      if (options.kubeconfigGroup !== undefined) await Deno.chown(options.kubeconfig, null, options.kubeconfigGroup);
      await Deno.chmod(options.kubeconfig, options.kubeconfigMode);
    };
    await writeKubeconfigs();
    const localNodes = new LocalNodes(pki, apiserver);
    const renewing = keepRenewed({
      pki,
      clock,
      signal: stop.signal,
      async renewed() {
        api.useRenewed();
        await localNodes.renew();
        await writeKubeconfigs();
      },
    });
    closers.push(() => renewing);

    const manager = clientOf({ name: "system:kube-controller-manager", groups: ["system:authenticated"] });
    const scheduler = clientOf({ name: "system:kube-scheduler", groups: ["system:authenticated"] });
    const informers = createInformerFactory(manager, { clock });
    const { signal } = stop;
    const events = createEventRecorder(scheduler, { clock, signal, component: SCHEDULER_NAME });
    keepBasics({
      ...basics,
      client: apiserver,
      informers,
      clock,
      signal,
    });
    if (!options.disableScheduler) startScheduler({ client: scheduler, informers, events, clock, signal });
    const controllers = await startControllers({
      client: manager,
      informers,
      clock,
      signal,
      clusterCa: pki.clusterCa,
      tokenIssuer: identity.tokens,
      signRequest: pki.signRequest,
      clusterCidr: options.clusterCidr,
      reservedNames: reservedNames({
        client: apiserver,
        serving: () => pki.serving.certificate,
        networks: [options.clusterCidr, options.serviceCidr],
      }),
      clientOf: (account) => clientOf(withAuthenticatedGroup(serviceAccountUser("kube-system", account))),
    });
    closers.push(() => controllers.ended);
    controllerMetrics.of = controllers.metrics;
    await startManifests(apiserver, registry, options, stop.signal);
    logger.info("API at https://{address}:{port}", { address: options.advertiseAddress, port: api.port });
    return {
      port: api.port,
      kubeconfig: options.kubeconfig,
      clientOf,
      nodeIdentity: (node) => localNodes.identify(node),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Loaded when asked for: most clusters have none. */
async function authorizers(file: string | undefined, clock: Clock): Promise<readonly AuthorizerSetup[] | undefined> {
  if (file === undefined) return undefined;
  const { loadAuthorizationConfiguration } = await import("./apiserver/auth/configuration/load_configuration.ts");
  return await loadAuthorizationConfiguration(file, clock);
}

async function admissionConfiguration(file: string): Promise<AdmissionConfiguration> {
  const { loadAdmissionConfiguration } = await import("./apiserver/admission/load_configuration.ts");
  return await loadAdmissionConfiguration(file);
}

async function startManifests(
  client: Client,
  registry: Registry,
  options: ServerOptions,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock();
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
        disabled: options.disable,
        variables: { CLUSTER_DNS: options.clusterDns, CLUSTER_DOMAIN: options.clusterDomain },
      },
      { label: "user", path: `${options.dataDir}/server/manifests`, disabled: [] },
    ],
  });
}
