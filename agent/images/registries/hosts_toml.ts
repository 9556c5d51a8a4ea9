import type { Credentials, Mirror, Registries, RegistryConfig, RegistryTls } from "./registries_file.ts";

/** What a pull's way through {@linkcode Registries} needs besides them. */
export interface HostsOptions {
  /** Registries with mirrors are reached by those alone. */
  readonly onlyMirrors: boolean;
  /** Where an endpoint of a mirror that rewrites names is reached on this machine, `http://127.0.0.1:…`. */
  readonly rewriting: (registry: string, endpoint: URL) => string;
}

/** containerd's `hosts.toml` of each registry, by the name of its directory in `certs.d`. Pure. */
export function hostsFiles({ mirrors, configs }: Registries, options: HostsOptions): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [registry, mirror] of mirrors) {
    if (mirror.endpoints.length === 0) continue;
    files.set(registry === "*" ? "_default" : registry, mirrorFile(registry, mirror, configs, options));
  }
  for (const [registry, { tls }] of configs) {
    if (registry === "*" || tls === undefined || files.has(registry)) continue;
    const server = defaultEndpoint(registry);
    // Without any host containerd 1.6 does not follow the file.
    files.set(registry, [...table("", { server, ...tlsLines(tls) }), ...table(server, tlsLines(tls))].join("\n"));
  }
  return files;
}

type Values = Readonly<Record<string, string | boolean | readonly string[] | readonly (readonly string[])[]>>;

function mirrorFile(
  registry: string,
  { endpoints, rewrites }: Mirror,
  configs: Registries["configs"],
  { onlyMirrors, rewriting }: HostsOptions,
): string {
  const hosts = endpoints.map((endpoint): readonly [string, Values] => {
    const capabilities = ["pull", "resolve"];
    // Certificates and credentials of the endpoint are the rewriter's affair.
    if (rewrites.length > 0) return [rewriting(registry, endpoint), { capabilities, override_path: true }];
    const hasPath = endpoint.pathname !== "/";
    const tls = tlsLines(configOf(configs, endpoint.host)?.tls);
    return [hasPath ? endpoint.href : endpoint.origin, { capabilities, ...hasPath && { override_path: true }, ...tls }];
  });
  const last = onlyMirrors ? hosts.at(-1) : undefined;
  const tls = tlsLines(configOf(configs, registry)?.tls);
  // Without a server containerd knows by itself where the registry is.
  const itself: Values = Object.keys(tls).length > 0 && registry !== "*"
    ? { server: defaultEndpoint(registry), ...tls }
    : {};
  const server: Values = last === undefined ? itself : { server: last[0], ...last[1] };
  return [...table("", server), ...hosts.flatMap(([host, values]) => table(host, values))].join("\n");
}

/** The configuration of the host that is spoken to. */
export function configOf(configs: Registries["configs"], host: string): RegistryConfig | undefined {
  return configs.get(host) ?? configs.get("*");
}

function defaultEndpoint(registry: string): string {
  return `https://${registry === "docker.io" ? "registry-1.docker.io" : registry}`;
}

function tlsLines(tls: RegistryTls | undefined): Values {
  return {
    ...tls?.caFile && { ca: tls.caFile },
    ...tls?.certFile && tls.keyFile && { client: [[tls.certFile, tls.keyFile]] },
    ...tls?.insecureSkipVerify && { skip_verify: true },
  };
}

function table(host: string, values: Values): string[] {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return [...host === "" ? [] : [`[host.${JSON.stringify(host)}]`], ...lines, ""];
}

/** Credentials by the host that is spoken to, for containerd's own configuration: `hosts.toml` has no place for them. Pure. */
export function credentialsByHost({ mirrors, configs }: Registries): ReadonlyMap<string, Credentials> {
  const found = new Map<string, Credentials>();
  const everywhere = configs.get("*")?.auth;
  if (everywhere !== undefined) {
    for (const { endpoints } of mirrors.values()) for (const { host } of endpoints) found.set(host, everywhere);
  }
  for (const [host, { auth }] of configs) {
    if (auth === undefined || host === "*") continue;
    found.set(host, auth);
    if (host === "docker.io") found.set("registry-1.docker.io", auth);
  }
  return found;
}
