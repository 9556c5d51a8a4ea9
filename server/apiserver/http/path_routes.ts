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
  readonly tokens: { readonly issuer: string; readonly jwks: unknown } | undefined;
}

/**
 * Everything outside the resources. A table of its own, not a router library: there are a dozen paths, their answers share the resources'
 * way of sending, and fetch-style requests and responses would cost each start 4 MB and the resources nothing to gain.
 */
export function pathRoutes(options: PathRouteOptions): (path: string) => PathRoute | undefined {
  const { registry, metrics, tokens } = options;
  const exact = new Map<string, PathRoute>([
    ["/version", sendVersion],
    ["/version/", sendVersion],
    ["/metrics", (call) => send(call, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.text())],
    ["/", (call) => send(call, 200, mediaTypes.json, JSON.stringify({ paths: rootPaths(registry) }))],
  ]);
  if (tokens !== undefined) addTokenPaths(exact, tokens);
  const families = [
    discoveryRoutes(registry),
    healthRoute("/healthz", options.livez),
    healthRoute("/livez", options.livez),
    healthRoute("/readyz", options.readyz),
    openapiRoutes(registry),
  ];
  return (path) => {
    let found = exact.get(path);
    for (let i = 0; found === undefined && i < families.length; i++) found = families[i]!(path);
    return found && onlyReading(found);
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
function addTokenPaths(routes: Map<string, PathRoute>, tokens: NonNullable<PathRouteOptions["tokens"]>): void {
  const configuration = {
    issuer: tokens.issuer,
    jwks_uri: `${tokens.issuer}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
  routes.set(
    "/.well-known/openid-configuration",
    (call) => send(call, 200, mediaTypes.json, JSON.stringify(configuration)),
  );
  routes.set("/openid/v1/jwks", (call) => send(call, 200, "application/jwk-set+json", JSON.stringify(tokens.jwks)));
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
