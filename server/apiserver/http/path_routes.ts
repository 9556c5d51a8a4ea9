import { TrieRouter } from "hono/router/trie-router";
import { methodNotAllowed } from "../../../api/status.ts";
import { serverVersion } from "../../version.ts";
import type { Registry } from "../contract.ts";
import { send } from "./answer.ts";
import { discoveryRoutes } from "./discovery.ts";
import type { PathRoute } from "./handler.ts";
import { type HealthCheck, healthRoute } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { mediaTypes } from "./negotiate.ts";
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

/** Finds what answers a path of a family, such as `/healthz/etcd`. */
type Find = (path: string) => PathRoute | undefined;

/**
 * Everything outside the resources. Of hono only the router is used: its requests and responses would cost each start 4 MB, and these answers
 * share the resources' way of sending.
 */
export function pathRoutes(options: PathRouteOptions): Find {
  const { registry, metrics, tokens } = options;
  const router = new TrieRouter<Find>();
  const add = (find: Find, ...patterns: string[]) => {
    for (const pattern of patterns) router.add("GET", pattern, find);
  };
  const always = (route: PathRoute): Find => () => route;
  add(always(sendVersion), "/version", "/version/");
  add(always((call) => send(call, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.text())), "/metrics");
  add(always((call) => send(call, 200, mediaTypes.json, JSON.stringify({ paths: rootPaths(registry) }))), "/");
  add(discoveryRoutes(registry), "/api", "/api/*", "/apis", "/apis/*");
  add(healthRoute("/healthz", options.livez), "/healthz", "/healthz/*");
  add(healthRoute("/livez", options.livez), "/livez", "/livez/*");
  add(healthRoute("/readyz", options.readyz), "/readyz", "/readyz/*");
  add(openapiRoutes(registry), "/openapi/*");
  for (const [path, route] of tokens === undefined ? [] : tokenPaths(tokens)) add(always(route), path);
  return (path) => {
    const further = options.further.get(path);
    if (further) return further;
    const [found] = router.match("GET", path)[0];
    const route = found?.[0](path);
    return route && onlyReading(route);
  };
}

function onlyReading(route: PathRoute): PathRoute {
  return (call) => {
    if (call.info.verb !== "get" && call.info.verb !== "head") throw methodNotAllowed();
    return route(call);
  };
}

function sendVersion(call: Parameters<PathRoute>[0]): void | Promise<void> {
  const { arch, os } = Deno.build;
  const version = {
    ...serverVersion,
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
  const asText = (type: string, value: unknown): PathRoute => (call) => send(call, 200, type, JSON.stringify(value));
  return [
    ["/.well-known/openid-configuration", asText(mediaTypes.json, configuration)],
    ["/openid/v1/jwks", asText("application/jwk-set+json", tokens.jwks)],
  ];
}

function rootPaths(registry: Registry): string[] {
  const groups = registry.resources().map((row) =>
    row.group === "" ? `/api/${row.version}` : `/apis/${row.group}/${row.version}`
  );
  return [
    ...new Set([
      "/api",
      "/apis",
      ...groups,
      "/healthz",
      "/livez",
      "/metrics",
      "/openapi/v2",
      "/openapi/v3",
      "/readyz",
      "/version",
    ]),
  ]
    .sort();
}
