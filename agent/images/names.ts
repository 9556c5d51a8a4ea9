/**
 * A reference in the long form that a container runtime stores: `busybox` becomes `docker.io/library/busybox:latest`, as docker and
 * containerd read it (github.com/distribution/reference). A digest stays.
 */
export function normalizeImageName(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = hasRegistry ? rest.join("/") : reference;
  const registry = !hasRegistry || first === "index.docker.io" ? "docker.io" : first;
  const full = `${registry}/${registry === "docker.io" && !path.includes("/") ? "library/" : ""}${path}`;
  return /[:@]/.test(full.slice(full.lastIndexOf("/"))) ? full : `${full}:latest`;
}
