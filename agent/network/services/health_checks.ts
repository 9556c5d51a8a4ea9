import { getLogger } from "@logtape/logtape";
import type { Service } from "../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { isPort, isReady } from "./backends.ts";
import type { ServiceDirectory } from "./service_directory.ts";

/** What a load balancer in front of the nodes is told about one Service. */
export interface HealthCheck {
  readonly port: number;
  readonly localEndpoints: number;
}

const log = getLogger(["skiff", "network"]);

/** None unless external traffic stays on the node and the Service has a port for the question. */
export function healthCheckOf(
  { spec }: Service,
  slices: readonly EndpointSlice[],
  nodeName: string,
): HealthCheck | undefined {
  if (spec?.type !== "LoadBalancer" || spec.externalTrafficPolicy !== "Local" || !isPort(spec.healthCheckNodePort)) {
    return undefined;
  }
  const local = new Set(
    slices.flatMap(({ endpoints = [] }) =>
      endpoints.filter((e) => e.nodeName === nodeName && isReady(e)).map(({ addresses }) => addresses[0])
    ),
  );
  return { port: spec.healthCheckNodePort, localEndpoints: local.size };
}

interface Running {
  check: HealthCheck;
  readonly server: Deno.HttpServer | undefined;
}

/** Answers on the health check ports of Services: 200 while the node has endpoints, else 503. */
export class HealthCheckServers implements AsyncDisposable {
  readonly #directory: ServiceDirectory;
  readonly #nodeName: string;
  readonly #running = new Map<string, Running>();
  readonly #stop: () => void;

  constructor(directory: ServiceDirectory, nodeName: string) {
    this.#directory = directory;
    this.#nodeName = nodeName;
    this.#stop = directory.onChange((key) => this.#update(key));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await Promise.all([...this.#running.values()].map(({ server }) => server?.shutdown()));
    this.#running.clear();
  }

  #update(key: string): void {
    const service = this.#directory.service(key);
    const check = service && healthCheckOf(service, this.#directory.slicesOf(key), this.#nodeName);
    const running = this.#running.get(key);
    if (running && check && running.check.port === check.port) {
      running.check = check;
      return;
    }
    if (running) {
      this.#running.delete(key);
      void running.server?.shutdown();
    }
    if (check) this.#running.set(key, { check, server: this.#serve(key, check.port) });
  }

  #serve(key: string, port: number): Deno.HttpServer | undefined {
    const [namespace, name] = key.split("/");
    const handler = () => {
      const localEndpoints = this.#running.get(key)?.check.localEndpoints ?? 0;
      const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy: true };
      return Response.json(body, { status: localEndpoints > 0 ? 200 : 503 });
    };
    try {
      return Deno.serve({ port, handler, onListen: () => {} });
    } catch (error) {
      log.warn("Service {key} has no health checks, port {port} is not to be had: {error}", { key, port, error });
      return undefined;
    }
  }
}
