import { createHash } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { formatMicroTime, parseTime } from "../../api/meta/time.ts";
import { leases } from "../../api/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import type { Lease } from "../../api/types/coordination_v1.ts";
import type { Client } from "../../client/client.ts";
import { pause } from "../../client/pause.ts";
import { ClusterError } from "./error.ts";
import { ADDRESS_ANNOTATION, LiveServers } from "./live_servers.ts";

/** Lets clients learn which API servers there are, as since Kubernetes 1.26 (KEP-1965). */
const IDENTITY_LABEL = "apiserver.kubernetes.io/identity";
const IDENTITY = "kube-apiserver";
const NAMESPACE = "kube-system";
/** The same as kube-apiserver's, which renews more seldom. */
const LIFETIME = 15_000;
const RENEW_EVERY = 5_000;
const PORT_ANNOTATION = "skiff.io/port";
/** By the clocks of two machines: a server whose Lease is older is not worth a refusal. */
const FRESH = 60_000;

export interface PresenceOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Unique among the servers. */
  readonly name: string;
  readonly address: string;
  /** The same on all servers: the Service `kubernetes` leads to one port. */
  readonly port: number;
  /** Called after each look at the others. */
  onLook(): Promise<void>;
}

/** Addresses of the servers of this cluster; one that falls silent leaves within twenty seconds, one that stops at once. */
export interface Presence {
  addresses(): readonly string[];
  /** Resolves when the signal has aborted and this server is signed off. */
  readonly ended: Promise<void>;
}

const logger = getLogger(["skiff", "cluster"]);

/**
 * Signs this server on by a Lease of its own, and looks after those of the others. Resolves after the first look; rejects with a ClusterError when another server that lives has
 * another port.
 */
export async function startPresence(options: PresenceOptions): Promise<Presence> {
  const { client, clock, signal, address } = options;
  const live = new LiveServers(LIFETIME);
  let addresses: readonly string[] = [address];

  async function list(): Promise<readonly Lease[]> {
    const labelSelector = `${IDENTITY_LABEL}=${IDENTITY}`;
    return (await client.list(leases, { namespace: NAMESPACE, labelSelector, signal })).items;
  }

  async function look(): Promise<void> {
    await client.create(leases, leaseOf(options)).catch(async (error) => {
      if (error.reason !== "AlreadyExists") throw error;
      await client.patch(leases, { namespace: NAMESPACE, name: leaseName(options) }, {
        type: "merge",
        patch: leaseOf(options) as unknown as Record<string, unknown>,
      }, { signal });
    });
    const observed = live.observe(await list(), clock.now());
    addresses = observed.addresses.includes(address) ? observed.addresses : [...observed.addresses, address].sort();
    for (const lease of observed.dead) await removeLease(client, lease);
  }

  async function keep(): Promise<void> {
    while (!signal.aborted) {
      await pause(clock, RENEW_EVERY, signal).catch(() => {});
      if (signal.aborted) break;
      try {
        await look();
        await options.onLook();
      } catch (error) {
        if (!signal.aborted && !isConflict(error)) {
          logger.warn("this server could not be signed on: {error}", { error: (error as Error).message });
        }
      }
    }
    try {
      addresses = addresses.filter((one) => one !== address);
      await client.delete(leases, { namespace: NAMESPACE, name: leaseName(options) });
      // The last one leaves its address: there is nobody to put it back before the next start.
      if (addresses.length > 0) await options.onLook();
    } catch (error) {
      logger.info("this server could not be signed off: {error}", { error: (error as Error).message });
    }
  }

  checkPorts(options, await list());
  await look();
  return { addresses: () => addresses, ended: keep() };
}

function checkPorts(options: PresenceOptions, all: readonly Lease[]): void {
  const { port, clock } = options;
  for (const { metadata: { name, labels, annotations }, spec: { renewTime } } of all) {
    const theirs = annotations?.[PORT_ANNOTATION];
    const isFresh = renewTime !== undefined && clock.now() - parseTime(renewTime) < FRESH;
    if (theirs === undefined || theirs === `${port}` || !isFresh || name === leaseName(options)) continue;
    throw new ClusterError(
      "settingsDiffer",
      `--https-listen-port is ${port} here and ${theirs} on the server ${
        labels?.["kubernetes.io/hostname"]
      }: it must be the same on all servers`,
    );
  }
}

async function removeLease(client: Client, { metadata }: Lease): Promise<void> {
  const { name, resourceVersion } = metadata;
  try {
    await client.delete(leases, { namespace: NAMESPACE, name: name! }, {
      preconditions: { resourceVersion: resourceVersion! },
    });
  } catch (error) {
    // It lives after all, or another server was faster.
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

/** As kube-apiserver names its own. */
function leaseName({ name }: PresenceOptions): string {
  return `apiserver-${createHash("sha256").update(name).digest("hex").slice(0, 26)}`;
}

function leaseOf(options: PresenceOptions): Lease {
  const { name, address, port, clock } = options;
  return {
    metadata: {
      name: leaseName(options),
      namespace: NAMESPACE,
      labels: { [IDENTITY_LABEL]: IDENTITY, "kubernetes.io/hostname": name },
      annotations: { [ADDRESS_ANNOTATION]: address, [PORT_ANNOTATION]: `${port}` },
    },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: LIFETIME / 1000,
      renewTime: formatMicroTime(clock.now()),
    },
  };
}
