import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenRoutes, paths, type Route, routeLines, whoOf } from "../../server/apiserver/auth/testing/routes.ts";
import {
  connectHttp1,
  connectHttp2,
  type ShortAnswer,
  type ShortClient,
  type ShortRequest,
} from "../fixtures/short_client.ts";
import { TestIssuer } from "../../server/apiserver/auth/oidc/testing/issuer.ts";
import { AccessWorld } from "./access_world.ts";
import { badTokens } from "./bad_tokens.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
/** Strangers are let in here alone. */
const open = new Set(["/healthz", "/livez", "/readyz"]);
/** A node's agent or a Pod answers these, and here there is none. */
const connects = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** Those of the golden file, in its order; `everything` is bound to the ClusterRole cluster-admin. */
const columns = ["anonymous", "nobody", "view", "edit", "admin", "node", "othernode", "root"];

/** Nothing is changed by what gets through: bodies are empty objects, and all are dry runs. */
function requestOf(method: string, url: string): ShortRequest {
  const dry = method === "GET" ? "" : `${url.includes("?") ? "&" : "?"}dryRun=All`;
  const path = url + dry;
  if (method === "GET" || method === "DELETE") return { method, path };
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  return { method, path, headers: { "content-type": type }, body: "{}" };
}

/** Whether the authorizer let it through; what admission, validation or a missing object say of it is another matter. */
function isAllowed({ code, text }: ShortAnswer): boolean {
  if (code === 401) return false;
  return code !== 403 || !/User \\".*\\" cannot \w+ (resource|path)/.test(text);
}

describe("a server's routes, as its discovery document names them", () => {
  let world: AccessWorld;
  let issuer: TestIssuer;
  let routes: readonly Route[];
  const clients = new Map<string, ShortClient>();
  const headers = new Map<string, Record<string, string>>();

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    const caFile = await Deno.makeTempFile();
    await Deno.writeTextFile(caFile, issuer.ca);
    world = await AccessWorld.start({
      oidc: {
        ...{ issuerUrl: issuer.url, clientId: "skiff", caFile, usernameClaim: "sub", usernamePrefix: "-" },
        ...{ groupsPrefix: "", requiredClaims: [], signingAlgorithms: ["RS256"] },
      },
    });
    await Deno.remove(caFile);
    const certificates: [string, string, ...string[]][] = [
      ...["view", "edit", "admin", "everything"].map((name): [string, string] => [name, name]),
      ["node", "system:node:n1", "system:nodes"],
      ["othernode", "system:node:n2", "system:nodes"],
      ["root", "root", "system:masters"],
    ];
    for (const [name, user, ...groups] of certificates) {
      clients.set(name, connectHttp2(await world.connection(user, ...groups)));
    }
    for (const name of ["anonymous", "nobody"]) clients.set(name, connectHttp2(await world.connection()));
    headers.set("nobody", { authorization: `Bearer ${await world.token("nobody")}` });
    routes = await discoveredRoutes(clients.get("root")!);
  });
  afterAll(async () => {
    for (const client of clients.values()) client[Symbol.dispose]();
    await world[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  });

  /** Columns of the file. Whoever is bound to cluster-admin may do whatever `root` may. */
  async function who(method: string, url: string, subresource = ""): Promise<string> {
    const request = requestOf(method, url);
    const allowed = new Set<string>();
    await Promise.all([...clients].map(async ([name, client]) => {
      const answer = await client.send({ ...request, headers: { ...request.headers, ...headers.get(name) } });
      const failed = answer.code >= 500 && !connects.has(subresource);
      expect({ name, method, url, failed, text: failed && answer.text }).toMatchObject({ failed: false });
      if (isAllowed(answer)) allowed.add(name);
    }));
    expect([method, url, allowed.has("everything")]).toEqual([method, url, allowed.has("root")]);
    return whoOf(columns, (name) => allowed.has(name));
  }

  it("are open to exactly whom they should be open to", async () => {
    const golden = (await Deno.readTextFile(goldenRoutes)).trimEnd().split("\n");
    const lines = await routeLines(routes, (method, url, route) => who(method, url, route.subresource));
    expect(lines).toEqual(golden.slice(0, -paths.length));
    for (const [i, path] of paths.entries()) {
      const line = `${path} | get: ${await who("GET", path)} | post: ${await who("POST", path)}`;
      const strangers = open.has(path) ? "all" : columns.slice(1).join(",");
      expect(line).toEqual(golden.at(i - paths.length)!.replace("get: all", `get: ${strangers}`));
    }
  });

  it("are open to nobody whose token is forged, expired, revoked or for somebody else", async () => {
    const bad = [...await badTokens(world, issuer)];
    const base = await world.connection();
    using http1 = connectHttp1(base);
    using http2 = connectHttp2(base);
    // The good ones that they are made of do let in.
    for (const token of [await world.token("x"), await issuer.token(Date.now(), { sub: "everything" })]) {
      const request = { path: "/api", headers: { authorization: `Bearer ${token}` } };
      expect([(await http1.send(request)).code, (await http2.send(request)).code]).toEqual([200, 200]);
    }
    const send = async (client: ShortClient, [what, token]: [string, string], request: ShortRequest) => {
      const authorization = `Bearer ${token}`;
      const { code } = await client.send({ ...request, headers: { ...request.headers, authorization } });
      expect([what, request.method, request.path, code]).toEqual([what, request.method, request.path, 401]);
    };
    for (const token of bad) {
      for (const client of [http1, http2]) {
        for (const path of ["/", "/livez", "/version", "/api/v1/secrets"]) {
          await send(client, token, { method: "GET", path });
        }
      }
    }
    // Every route with a few of them in turn, so that each of them meets every kind of route.
    let turn = 0;
    await routeLines(routes, async (method, url) => {
      const request = requestOf(method, url);
      const some = Array.from({ length: 6 }, () => bad[turn++ % bad.length]!);
      await Promise.all(some.map((token, i) => send(i % 3 === 0 ? http1 : http2, token, request)));
      return "none";
    });
    expect(turn).toBeGreaterThan(3_000);
  });
});

async function discoveredRoutes(client: ShortClient): Promise<Route[]> {
  const routes: Route[] = [];
  for (const path of ["/api", "/apis"]) {
    const { text } = await client.send({ path, headers: { accept: AGGREGATED } });
    for (const { metadata: { name: group = "" }, versions } of JSON.parse(text).items as DiscoveredGroup[]) {
      for (const { version, resources } of versions) {
        for (const { resource, scope, verbs, subresources = [] } of resources) {
          const of = { group, version, resource, namespaced: scope === "Namespaced" };
          routes.push({ ...of, subresource: "", verbs });
          for (const { subresource, verbs } of subresources) routes.push({ ...of, subresource, verbs });
        }
      }
    }
  }
  return routes;
}

interface DiscoveredGroup {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly {
      readonly resource: string;
      readonly scope: string;
      readonly verbs: readonly string[];
      readonly subresources?: readonly { readonly subresource: string; readonly verbs: readonly string[] }[];
    }[];
  }[];
}
