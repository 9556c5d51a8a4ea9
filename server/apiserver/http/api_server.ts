import { cpuUsage } from "node:process";
import type { Registry } from "../contract.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { Pki } from "../../pki/pki.ts";
import type { NodeDialer } from "./connect/backend.ts";
import { connectRoutes } from "./connect/routes.ts";
import { createHandler, type PathRoute } from "./handler.ts";
import type { HealthCheck } from "./health.ts";
import { defaultInFlightLimits, InFlight, type InFlightLimits } from "./in_flight.ts";
import { listen, type ListenerLimits } from "./listener.ts";
import { type MetricFamily, Metrics } from "./metrics.ts";
import { pathRoutes, type TokenPublication } from "./path_routes.ts";

export interface ApiServerOptions {
  readonly registry: Registry;
  readonly pki: Pick<Pki, "clusterCa" | "serving" | "kubeletClient">;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Default: all addresses. */
  readonly address?: string;
  /** 0: any free one. */
  readonly port: number;
  /** The issuer of service-account tokens, for those who verify them elsewhere. */
  readonly tokens?: TokenPublication;
  /** Besides the registry's own readiness. */
  readonly readyz?: readonly HealthCheck[];
  readonly livez?: readonly HealthCheck[];
  /** What other parts of the process count; asked at each scrape. */
  readonly metrics?: () => readonly MetricFamily[];
  /** Paths of other parts of the process, such as `/debug/skiff/writes`, and what answers them. */
  readonly paths?: ReadonlyMap<string, PathRoute>;
  /** Nodes that have opened a connection to this server are reached by that. */
  readonly nodes?: NodeDialer;
  readonly http1Only?: boolean;
  readonly listenerLimits?: Partial<ListenerLimits>;
  readonly inFlightLimits?: Partial<InFlightLimits>;
}

export interface ApiServer {
  readonly port: number;
  /** Shows clients the certificate and the authorities that `pki` has by now. */
  useRenewed(): void;
  close(): Promise<void>;
}

/** Serves the API over TLS. Resolves when the port answers, which may be before the registry is ready: `/readyz` tells. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { registry } = options;
  const inFlight = new InFlight({ ...defaultInFlightLimits, ...options.inFlightLimits });
  const own: readonly MetricFamily[] = [{
    name: "apiserver_current_inflight_requests",
    help: "Requests that are being worked on.",
    type: "gauge",
    values: () => [
      { labels: { request_kind: "readOnly" }, value: inFlight.counts.reading },
      { labels: { request_kind: "mutating" }, value: inFlight.counts.mutating },
    ],
  }, {
    name: "process_resident_memory_bytes",
    help: "Memory of the whole process.",
    type: "gauge",
    values: () => [{ labels: {}, value: Deno.memoryUsage().rss }],
  }, {
    name: "process_cpu_seconds_total",
    help: "Time that processors have worked for the whole process.",
    type: "counter",
    values: () => {
      const { user, system } = cpuUsage();
      return [{ labels: {}, value: (user + system) / 1e6 }];
    },
  }, {
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since the epoch.",
    type: "gauge",
    values: () => [{ labels: {}, value: performance.timeOrigin / 1000 }],
  }];
  const metrics = new Metrics(() => [...own, ...options.metrics?.() ?? []]);
  const ping: HealthCheck = { name: "ping", check: () => undefined };
  const ready: HealthCheck = {
    name: "informer-sync",
    check: () => registry.ready ? undefined : "the objects are still being read from the datastore",
  };
  const handle = createHandler({
    registry,
    authenticator: options.authenticator,
    authorizer: options.authorizer,
    inFlight,
    metrics,
    pathRoute: pathRoutes({
      registry,
      metrics,
      livez: [ping, ...options.livez ?? []],
      readyz: [ping, ready, ...options.readyz ?? []],
      tokens: options.tokens,
      further: options.paths ?? new Map(),
    }),
    connectRoutes: connectRoutes(options),
  });
  const listener = await listen({
    port: options.port,
    ...(options.address === undefined ? {} : { address: options.address }),
    tls: {
      certificate: options.pki.serving.certificate,
      key: options.pki.serving.key,
      clientCa: options.pki.clusterCa,
    },
    onRequest: handle,
    ...(options.http1Only === undefined ? {} : { http1Only: options.http1Only }),
    ...(options.listenerLimits === undefined ? {} : { limits: options.listenerLimits }),
  });
  return {
    port: listener.port,
    useRenewed: () => listener.setCertificate({ ...options.pki.serving, clientCa: options.pki.clusterCa }),
    close: () => listener.close(),
  };
}
