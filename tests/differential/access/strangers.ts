import type { Request } from "../sides.ts";
import { ask, inParallel, type Section } from "../suite.ts";
import { PLACE } from "./users.ts";

const paths = [
  "/",
  "/api",
  "/apis",
  "/api/v1",
  "/version",
  "/metrics",
  "/livez",
  "/readyz",
  "/healthz",
  "/livez/ping",
  "/readyz?verbose",
  "/nothing",
  "/.well-known/openid-configuration",
  "/openid/v1/jwks",
  "/api/v1/namespaces",
  "/api/v1/namespaces/default/pods/none/log",
  "/apis/none.example.com/v1/things",
];

const authorizations = [
  "Bearer garbage",
  "Bearer",
  "Bearer  ",
  "bearer garbage",
  "Basic YTpi",
  "Token abc",
  "garbage",
  "Bearer a b",
  `Bearer ${"x".repeat(200)}`,
  "Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2t1YmVybmV0ZXMuZGVmYXVsdC5zdmMuY2x1c3Rlci5sb2NhbCIsInN1YiI6InN5c3RlbTpzZXJ2aWNlYWNjb3VudDpkZWZhdWx0OmRlZmF1bHQifQ.",
  "Bearer abcdef.0123456789abcdef",
];

const requests: readonly Request[] = [
  ...paths.flatMap((path) => ["GET", "POST", "HEAD", "OPTIONS"].map((method) => ({ method, path }))),
  ...[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "text/html",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
  ].flatMap((accept) =>
    ["/api/v1/namespaces", "/apis", "/version"].map((path) => ({ method: "GET", path, headers: { accept } }))
  ),
];

/** What an authenticated user without any role asks for. */
const forbidden: readonly Request[] = [
  ...requests,
  ...[
    "/api/v1/pods",
    "/api/v1/pods?watch=1",
    `/api/v1/namespaces/${PLACE}/pods`,
    `/api/v1/namespaces/${PLACE}/pods/p`,
    `/api/v1/namespaces/${PLACE}/pods/p/log`,
    `/api/v1/namespaces/${PLACE}/pods/p/exec`,
    `/api/v1/namespaces/${PLACE}/pods/p/nothing`,
    `/api/v1/namespaces/${PLACE}`,
    `/api/v1/namespaces/${PLACE}/status`,
    "/api/v1/namespaces/none",
    "/api/v1/nodes/n1/proxy/metrics",
    "/api/v1/nodes",
    "/apis/apps/v1/deployments",
    `/apis/apps/v1/namespaces/${PLACE}/deployments/d/scale`,
    `/api/v1/namespaces/${PLACE}/secrets?fieldSelector=metadata.name%3Dhers`,
    `/api/v1/namespaces/${PLACE}/secrets?labelSelector=a%3Db`,
    "/apis/none.example.com/v1/namespaces/x/things/y",
    "/api/v2/things",
    "/apis/apps/v9/things",
    "/logs/",
    "/debug/pprof/",
    "/healthz/etcd",
    "/readyz/ping",
    "/a%22b%3Cc%3E&d",
    "/api/v1/namespaces/%3Cb%3E/pods",
    `/api/v1/watch/namespaces/${PLACE}/pods`,
    `/api/v1/namespaces/${PLACE}/services/s/proxy/path`,
    "/api/v1/componentstatuses",
    "/api/v1/proxy",
  ].flatMap((path) => ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map((method) => ({ method, path }))),
];

/** Those whom nobody knows, and those who may nothing. */
export const strangers: Section = async ({ sides, report }, of) => {
  const nobody = await sides.as();
  await inParallel(requests, async (request) => void await ask(nobody, report, of, request));
  await inParallel(authorizations, async (authorization) => {
    for (const path of ["/api/v1/namespaces", "/livez", "/version"]) {
      await ask(nobody, report, of, { method: "GET", path, headers: { authorization } });
    }
    // A good certificate beside bad credentials.
    await ask(sides, report, of, { method: "GET", path: "/apis/apps", headers: { authorization } });
  });
  await inParallel([...paths.slice(0, 6), `/api/v1/namespaces/${PLACE}/pods`], async (path) => {
    const headers = {
      origin: "https://example.com",
      "audit-id": "given",
      "x-remote-user": "admin",
      "x-forwarded-for": "192.0.2.1",
    };
    await ask(nobody, report, of, { method: "GET", path, headers });
  });
  const bob = await sides.as({ name: "bob", groups: [] });
  await inParallel(forbidden, async (request) => void await ask(bob, report, of, request));
  const odd = await sides.as({ name: 'odd "name" <b>', groups: ["system:unauthenticated"] });
  await inParallel(
    ["/api/v1/pods", "/nothing", "/version"],
    async (path) => void await ask(odd, report, of, { method: "GET", path }),
  );
};
