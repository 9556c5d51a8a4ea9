import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../api/clock.ts";
import type { Client } from "../client/client.ts";
import { type Datastore, DatastoreError } from "../datastore/contract.ts";
import { installHttp2Guard } from "../client/http2_guard.ts";
import type { AdmissionConfiguration } from "./apiserver/admission/configuration.ts";
import { AccessControl, type AuthorizerSetup } from "./apiserver/auth/access.ts";
import type { Registry, UserInfo } from "./apiserver/contract.ts";
import { startApiServer } from "./apiserver/http/api_server.ts";
import type { HealthCheck } from "./apiserver/http/health.ts";
import { createInProcessClient } from "./apiserver/in_process.ts";
import { ensurePolicy } from "./apiserver/rbac/bootstrap/ensure_policy.ts";
import { makeBasics, putEndpoints } from "./apiserver/registry/bootstrap.ts";
import { openRegistry } from "./apiserver/registry/open.ts";
import { components } from "./components.ts";
import type { ControllerMetrics } from "./controllers/metrics.ts";
import { CaBundle } from "./controllers/serviceaccount/ca_bundle.ts";
import { openFoundation } from "./cluster/foundation.ts";
import { type Leadership, startLeadership } from "./cluster/leadership.ts";
import { type Presence, startPresence } from "./cluster/presence.ts";
import { sharedSettings } from "./cluster/shared_settings.ts";
import { identities } from "./identities.ts";
import type { ServerOptions } from "./options.ts";
import { joinRoutes } from "./join/join_routes.ts";
import { serverRoutes } from "./join/server_routes.ts";
import { type LocalNode, LocalNodes, type NodeIdentity } from "./join/local_node.ts";
import { keepServerRoles } from "./join/server_roles.ts";
import { NodeTunnels } from "./join/node_tunnels.ts";
import { adminKubeconfig, writeKubeconfig } from "./pki/kubeconfig.ts";
import { keepRenewed } from "./pki/keep_renewed.ts";
import { firstAddress } from "./service_network.ts";

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
const HEALTH_MILLISECONDS = 2_000;
/** To end work and give back Leases; a datastore without a majority of its members takes no more of it. */
const FAREWELL_MILLISECONDS = 2_000;
const logger = getLogger(["skiff", "server"]);

/**
 * Starts the server. Resolves when the API answers and its basic objects are there; controllers, scheduler and manifests start right after. Rejects, having
 * released everything, with an error whose message is made for the user (port in use, directory locked, file damaged), or with the reason of `starting`, which ends the waiting
 * for other members of a cluster.
 */
export async function startServer(options: ServerOptions, starting?: AbortSignal): Promise<RunningServer> {
  const clock = systemClock();
  const stop = new AbortController();
  const closers: (() => Promise<void>)[] = [];
  const farewell = Promise.withResolvers<void>();
  let cancelFarewell = () => {};
  const close = async () => {
    stop.abort(new DOMException("the server stops", "AbortError"));
    cancelFarewell = clock.after(FAREWELL_MILLISECONDS, farewell.resolve);
    for (const closer of closers.splice(0).toReversed()) await closer();
    cancelFarewell();
  };
  try {
    await Deno.mkdir(`${options.dataDir}/server`, { recursive: true, mode: 0o700 });
    // Before anything speaks HTTP/2: etcd does, too.
    installHttp2Guard();
    const serviceIP = firstAddress(options.serviceCidr);
    const foundation = await openFoundation({
      server: options,
      pki: {
        serviceIP,
        clusterDomain: options.clusterDomain,
        names: [...options.tlsSan, options.advertiseAddress],
      },
      clock,
      signal: AbortSignal.any([stop.signal, ...starting ? [starting] : []]),
    });
    closers.push(() => foundation.close());
    const { pki, store, joinTokens } = foundation;
    const { datastore } = store;
    const shared = foundation.datastore !== "local";
    const name = options.name ?? options.advertiseAddress;

    const access = new AccessControl(await authorizers(options.authorizationConfigFile, clock));
    const { clusterDomain, authentication = {} } = options;
    const identity = await identities({
      pki,
      clock,
      clusterDomain,
      access,
      authentication,
      joinTokens: joinTokens.userOf,
      registry: () => registry,
    });
    closers.push(async () => identity.close());
    const registry: Registry = await openRegistry({
      datastore,
      shared,
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
    if (options.authorizationConfigFile !== undefined) {
      const { followAuthorizationConfiguration } = await import("./apiserver/auth/configuration/load_configuration.ts");
      await followAuthorizationConfiguration({
        ...{ file: options.authorizationConfigFile, clock, signal: stop.signal },
        access,
      });
    }

    const clientOf = (user: UserInfo) => createInProcessClient(registry, user);
    const apiserver = clientOf({ name: "system:apiserver", groups: MASTERS });
    const tunnels = new NodeTunnels();
    closers.push(async () => tunnels.close());
    // The controllers come after the API that they work with.
    const later: { controllers?: ControllerMetrics | undefined; leadership?: Leadership; presence?: Presence } = {};
    const api = await startApiServer({
      registry,
      pki,
      authenticator: identity.authenticator,
      authorizer: access,
      address: options.bindAddress,
      port: options.port,
      tokens: { ...identity.tokens, jwksUri: authentication.serviceAccountJwksUri },
      nodes: tunnels,
      http1Only: options.http1Only,
      readyz: [datastoreCheck(datastore)],
      paths: new Map([
        ...store.paths,
        ...joinRoutes({ clusterCa: () => pki.clusterCa, settings: options, client: apiserver, tunnels }),
        ...serverRoutes({
          serverDir: `${options.dataDir}/server`,
          settings: sharedSettings(options),
          datastore: foundation.datastore,
          ...foundation.member && { members: foundation.member.members },
        }),
      ]),
      metrics: () => [
        ...store.metrics,
        ...later.controllers?.families() ?? [],
        ...later.leadership?.metrics() ?? [],
        ...foundation.metrics(),
      ],
    });
    closers.push(() => api.close());

    const basics = {
      serviceCIDR: options.serviceCidr,
      serviceIP,
      addresses: () => later.presence?.addresses() ?? [options.advertiseAddress],
      port: options.advertisePort ?? api.port,
      clientCa: () => pki.clusterCa,
    };
    await makeBasics(apiserver, basics);
    const { signal } = stop;
    if (shared) {
      const onLook = () => putEndpoints(apiserver, basics);
      const presence = later.presence = await startPresence({
        client: apiserver,
        clock,
        signal,
        name,
        address: options.advertiseAddress,
        port: basics.port,
        onLook,
      });
      closers.push(() => Promise.race([presence.ended, farewell.promise]));
    }
    await putEndpoints(apiserver, basics);
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
    const caBundle = new CaBundle(pki.clusterCa);
    const renewing = keepRenewed({
      pki: {
        async renew() {
          await foundation.member?.renewCertificates();
          return await pki.renew();
        },
      },
      clock,
      signal,
      async renewed() {
        api.useRenewed();
        caBundle.replace(pki.clusterCa);
        await localNodes.renew();
        await writeKubeconfigs();
      },
    });
    closers.push(() => renewing);

    const leadership = later.leadership = await startLeadership({
      client: apiserver,
      clock,
      signal,
      identity: shared ? `${name}_${crypto.randomUUID()}` : undefined,
      components: components({
        clientOf,
        clock,
        registry,
        pki,
        caBundle,
        tokenIssuer: identity.tokens,
        basics,
        server: options,
        shared,
        ...foundation.member && { member: foundation.member },
        onMetrics: (metrics) => later.controllers = metrics,
      }),
    });
    closers.push(() => Promise.race([leadership.ended, farewell.promise]));
    logger.info("API at https://{address}:{port}", { address: options.advertiseAddress, port: api.port });
    return {
      port: api.port,
      kubeconfig: options.kubeconfig,
      clientOf,
      nodeIdentity(node) {
        const roles = ["control-plane", ...foundation.member ? ["etcd"] : []];
        keepServerRoles({ client: apiserver, clock, signal, node: node.name, roles });
        return localNodes.identify(node);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Kubernetes calls it by the name of the usual datastore, whatever is there. */
function datastoreCheck(datastore: Datastore): HealthCheck {
  return {
    name: "etcd",
    async check() {
      try {
        await datastore.revision({ signal: AbortSignal.timeout(HEALTH_MILLISECONDS) });
        return undefined;
      } catch (error) {
        return error instanceof DatastoreError ? error.reason : "it does not answer in time";
      }
    },
  };
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
