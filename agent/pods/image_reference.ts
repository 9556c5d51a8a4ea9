/** `docker.io/library/busybox:1.36@sha256:…`, taken apart. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Undefined for what is no image reference. Short names belong to Docker Hub. */
export function parseImageReference(text: string): ImageReference | undefined {
  const match = /^([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@([A-Za-z0-9+._-]+:[0-9a-fA-F]{32,}))?$/.exec(text);
  if (!match) return undefined;
  const [, name = "", tag, digest] = match;
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  const registry = hasRegistry ? first : "docker.io";
  const path = hasRegistry ? name.slice(slash + 1) : name;
  if (!/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/.test(path)) return undefined;
  const repository = registry === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  return { registry, repository, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}

/** The policy that the API server would have set: images whose tag may move are pulled each time. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  const reference = parseImageReference(image);
  if (!reference || reference.digest) return "IfNotPresent";
  return (reference.tag ?? "latest") === "latest" ? "Always" : "IfNotPresent";
}
