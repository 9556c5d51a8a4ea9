import { TrieRouter } from "hono/router/trie-router";
import { serverVersion } from "../../version.ts";
import type { Registry } from "../contract.ts";
import { send } from "./answer.ts";
import { discoveryRoutes, mustGet } from "./discovery.ts";
import type { PathRoute } from "./handler.ts";
import { type HealthCheck, healthRoute } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { mediaTypes, mustBeNamed } from "./negotiate.ts";
import { openapiRoutes } from "./openapi/routes.ts";

export interface PathRouteOptions {
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  readonly tokens: TokenPublication | undefined;
  /** Further paths, by name; each decides on its methods itself. */
  readonly further: ReadonlyMap<string, PathRoute>;
}

/** What others need to verify service-account tokens. */
export interface TokenPublication {
  readonly issuer: string;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Where `jwks` is found; below the issuer when absent. */
  readonly jwksUri?: string | undefined;
}

/** Prometheus' text format, as upstream names it. */
const METRICS = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/** Finds what answers a path of a family, such as `/healthz/etcd`. */
type Find = (path: string) => PathRoute | undefined;

/**
 * Everything outside the resources. Of hono only the router is used: its requests and responses would cost each start 4 MB, and these answers
 * share the resources' way of sending.
 */
export function pathRoutes(options: PathRouteOptions): Find {
  const { registry, metrics, tokens } = options;
  const router = new TrieRouter<Find>();
  const add = (find: Find, ...patterns: readonly string[]) => {
    for (const pattern of patterns) router.add("GET", pattern, find);
  };
  const always = (route: PathRoute): Find => () => route;
  const addGet = (find: Find, ...patterns: readonly string[]) => add(reading(find), ...patterns);
  const health = { "/healthz": options.livez, "/livez": options.livez, "/readyz": options.readyz };
  const published = tokens === undefined ? [] : tokenPaths(tokens);
  const root = () => ({ paths: rootPaths(registry, health, published.map(([path]) => path)) });
  addGet(always(sendVersion), "/version", "/version/");
  add(always((call) => send(call, 200, METRICS, metrics.text())), "/metrics");
  add(always((call) => send(call, 200, mediaTypes.json, JSON.stringify(root(), null, 2))), "/");
  add(discoveryRoutes(registry), "/api", "/api/*", "/apis", "/apis/*");
  for (const [path, checks] of Object.entries(health)) add(healthRoute(path, checks), path, `${path}/*`);
  add(openapiRoutes(registry), "/openapi/*");
  for (const [path, route] of published) addGet(always(route), path);
  return (path) => {
    const further = options.further.get(path);
    if (further) return further;
    const [found] = router.match("GET", path)[0];
    return found?.[0](path);
  };
}

/** Other methods than GET are refused. Where upstream takes any, so do we: whoever checks our health may do it by HEAD or POST. */
function reading(find: Find): Find {
  return (path) => {
    const route = find(path);
    return route && ((call) => {
      mustGet(call);
      return route(call);
    });
  };
}

function sendVersion(call: Parameters<PathRoute>[0]): void | Promise<void> {
  mustBeNamed(call.request.headers.accept, [mediaTypes.json]);
  const { arch, os } = Deno.build;
  const { major, minor, gitVersion } = serverVersion;
  const version = {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: `deno${Deno.version.deno}`,
    compiler: "v8",
    platform: `${os}/${arch === "x86_64" ? "amd64" : "arm64"}`,
  };
  return send(call, 200, mediaTypes.json, JSON.stringify(version, null, 2));
}

/** How others verify service-account tokens (OpenID Connect discovery). */
function tokenPaths(tokens: NonNullable<PathRouteOptions["tokens"]>): readonly [string, PathRoute][] {
  const configuration = {
    issuer: tokens.issuer,
    jwks_uri: tokens.jwksUri ?? `${tokens.issuer}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(tokens.jwks.keys.map(({ alg }) => alg))].toSorted(),
  };
  // Upstream lets them be kept for an hour.
  const headers = { "cache-control": "public, max-age=3600" };
  const asText = (type: string, value: unknown): PathRoute => (call) => {
    mustBeNamed(call.request.headers.accept, [type]);
    return send(call, 200, type, JSON.stringify(value), headers);
  };
  return [
    ["/.well-known/openid-configuration", asText(mediaTypes.json, configuration)],
    ["/openid/v1/jwks", asText("application/jwk-set+json", tokens.jwks)],
  ];
}

function rootPaths(
  registry: Registry,
  health: Readonly<Record<string, readonly HealthCheck[]>>,
  published: readonly string[],
): string[] {
  const groups = registry.resources().flatMap(({ group, version }) =>
    group === "" ? [`/api/${version}`] : [`/apis/${group}`, `/apis/${group}/${version}`]
  );
  const checks = Object.entries(health).flatMap((
    [path, checks],
  ) => [path, ...checks.map(({ name }) => `${path}/${name}`)]);
  return [
    ...new Set([
      ...["/api", "/apis", "/apis/", ...groups, ...checks, ...published],
      ...["/metrics", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version"],
    ]),
  ].sort();
}
