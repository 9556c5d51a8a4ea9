import { namespaces, serviceaccounts } from "../../api/resources.ts";
import { type Cluster, type ClusterOptions, startCluster } from "../../cli/start_cluster.ts";
import { createHttpsClient, type HttpsClient } from "../../client/https.ts";
import { HttpsTransport } from "../../client/https_transport.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { retry } from "../e2e/retry.ts";

/** A cluster in this process that is spoken to as a stranger would: over HTTPS, with its kubeconfig. */
export class ConformanceCluster implements AsyncDisposable {
  readonly client: HttpsClient;
  readonly kubeconfig: string;
  readonly #cluster: Cluster;
  readonly #transport: HttpsTransport;
  #made = 0;

  private constructor(cluster: Cluster, client: HttpsClient, transport: HttpsTransport) {
    this.#cluster = cluster;
    this.#transport = transport;
    this.client = client;
    this.kubeconfig = cluster.kubeconfig;
  }

  static async start(options: ClusterOptions = {}): Promise<ConformanceCluster> {
    const cluster = await startCluster(options);
    const kubeconfig = await readKubeconfig(cluster.kubeconfig);
    return new ConformanceCluster(cluster, createHttpsClient(kubeconfig), new HttpsTransport(kubeconfig));
  }

  /** A namespace of its own for a test, in which Pods can be made. */
  async namespace(labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `test-${++this.#made}`;
    await this.client.create(namespaces, { metadata: { name, labels }, spec: {} });
    await retry(
      `the account of ${name}`,
      () => this.client.get(serviceaccounts, { namespace: name, name: "default" }),
    );
    return name;
  }

  /** The JSON at a path. */
  json(path: string): Promise<unknown> {
    return this.#transport.json({ method: "GET", path });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.#transport.close();
    await this.#cluster.close();
  }
}
