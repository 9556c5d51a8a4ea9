import type { ContainerUse, Use } from "./stats.ts";

/** The labels that the kubelet gives containers; `crictl` and the agent's Pods use the same. */
const LABEL = {
  pod: "io.kubernetes.pod.name",
  namespace: "io.kubernetes.pod.namespace",
  uid: "io.kubernetes.pod.uid",
  container: "io.kubernetes.container.name",
};

interface PodUse {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly containers: (ContainerUse & { readonly name: string })[];
}

function byPod(use: Use): PodUse[] {
  const pods = new Map<string, PodUse>();
  for (const container of use.containers) {
    const { labels } = container.stats;
    const uid = labels[LABEL.uid];
    if (uid === undefined) continue;
    let pod = pods.get(uid);
    if (!pod) {
      pod = { namespace: labels[LABEL.namespace] ?? "", name: labels[LABEL.pod] ?? "", uid, containers: [] };
      pods.set(uid, pod);
    }
    pod.containers.push({ ...container, name: labels[LABEL.container] ?? "" });
  }
  return [...pods.values()];
}

function sum(pod: PodUse, value: (container: ContainerUse) => number): number {
  return pod.containers.reduce((total, container) => total + value(container), 0);
}

/** `Summary` of k8s.io/kubelet/pkg/apis/stats/v1alpha1, with what Skiff measures of it. */
export function statsSummary(nodeName: string, use: Use): unknown {
  const time = (at: number) => new Date(at).toISOString();
  const { node } = use;
  return {
    node: {
      nodeName,
      cpu: { time: time(node.at), usageNanoCores: node.nanoCores, usageCoreNanoSeconds: node.cpuNanoseconds },
      memory: { time: time(node.at), workingSetBytes: node.memoryBytes, availableBytes: node.availableBytes },
    },
    pods: byPod(use).map((pod) => ({
      podRef: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
      containers: pod.containers.map(({ name, stats, nanoCores }) => ({
        name,
        cpu: { time: time(stats.at), usageNanoCores: nanoCores, usageCoreNanoSeconds: stats.cpuNanoseconds },
        memory: { time: time(stats.at), workingSetBytes: stats.memoryBytes },
        rootfs: { time: time(stats.at), usedBytes: stats.rootfsBytes },
      })),
      cpu: {
        time: time(node.at),
        usageNanoCores: sum(pod, ({ nanoCores }) => nanoCores),
        usageCoreNanoSeconds: sum(pod, ({ stats }) => stats.cpuNanoseconds),
      },
      memory: { time: time(node.at), workingSetBytes: sum(pod, ({ stats }) => stats.memoryBytes) },
    })),
  };
}

/** The metrics of `/metrics/resource` that the metrics server and horizontal autoscaling read (KEP-727), as Prometheus text. */
export function resourceMetrics(use: Use): string {
  const lines: string[] = [];
  const metric = (name: string, type: string, help: string, rows: readonly [string, number, number][]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value, at] of rows) lines.push(`${name}${labels} ${value} ${at}`);
  };
  const { node } = use;
  const pods = byPod(use);
  const podLabels = (pod: PodUse) => `{namespace="${pod.namespace}",pod="${pod.name}"}`;
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({
      labels: `{container="${container.name}",namespace="${pod.namespace}",pod="${pod.name}"}`,
      stats: container.stats,
    }))
  );
  const seconds = (nanoseconds: number) => nanoseconds / 1e9;
  metric("container_cpu_usage_seconds_total", "counter", "CPU time a container used, in core-seconds", [
    ...containers.map((
      { labels, stats },
    ): [string, number, number] => [labels, seconds(stats.cpuNanoseconds), stats.at]),
  ]);
  metric("container_memory_working_set_bytes", "gauge", "Working set of a container, in bytes", [
    ...containers.map(({ labels, stats }): [string, number, number] => [labels, stats.memoryBytes, stats.at]),
  ]);
  metric("node_cpu_usage_seconds_total", "counter", "CPU time the node used, in core-seconds", [
    ["", seconds(node.cpuNanoseconds), node.at],
  ]);
  metric("node_memory_working_set_bytes", "gauge", "Working set of the node, in bytes", [
    ["", node.memoryBytes, node.at],
  ]);
  metric("pod_cpu_usage_seconds_total", "counter", "CPU time a Pod used, in core-seconds", [
    ...pods.map((pod): [string, number, number] => [
      podLabels(pod),
      seconds(sum(pod, ({ stats }) => stats.cpuNanoseconds)),
      node.at,
    ]),
  ]);
  metric("pod_memory_working_set_bytes", "gauge", "Working set of a Pod, in bytes", [
    ...pods.map((
      pod,
    ): [string, number, number] => [podLabels(pod), sum(pod, ({ stats }) => stats.memoryBytes), node.at]),
  ]);
  lines.push("# HELP resource_scrape_error 1 when the values could not be had", "# TYPE resource_scrape_error gauge");
  lines.push("resource_scrape_error 0", "");
  return lines.join("\n");
}
