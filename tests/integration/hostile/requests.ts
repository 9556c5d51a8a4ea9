import { randomObject } from "../../../api/codec/_random_object.ts";
import { encodeProtobuf } from "../../../api/codec/protobuf_encode.ts";
import { encodeYAML } from "../../../api/codec/yaml.ts";
import { type SeededRandom, seededRandom } from "../../../api/meta/_seeded_random.ts";
import { apiVersionOf } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { schema } from "../../../api/schema/schema.ts";
import { mutateBytes, oddBodies } from "./bodies.ts";
import { framingHeaders, oddHeaders, oddText } from "./texts.ts";

/** A request as it goes out: nothing in it need be sound. */
export interface HostileRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

const encoder = new TextEncoder();
const rows = schema.resources();
const usualMethods = ["GET", "GET", "POST", "PUT", "PATCH", "DELETE"];
const oddMethods = ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "QUERY"];
const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/apply-patch+cbor",
];
/** Few names, so that what is stored stays small, and requests meet what others made. */
const names = ["x0", "x1", "x2", "x3"];
const namespaces = ["default", "hostile", "hostile", "kube-system", "none"];

/** The request of one number of one seed: whatever went before, it is the same. */
export function hostileRequest(seed: number, number: number): HostileRequest {
  const random = seededRandom((seed + Math.imul(number, 0x9e3779b1)) >>> 0);
  const row = random.pick(rows);
  const method = random.below(100) === 0 ? random.pick(oddMethods) : random.pick(usualMethods);
  const [type, body] = bodyOf(method, row, random);
  const headers: (readonly [string, string])[] = type === "" ? [] : [["content-type", type]];
  if (random.below(4) === 0) headers.push(...oddHeaders(random));
  if (random.below(300) === 0) headers.push(...framingHeaders(random));
  return { method, path: mutatedPath(pathOf(method, row, random), random) + queryOf(method, random), headers, body };
}

function pathOf(method: string, row: ResourceRow, random: SeededRandom): string {
  if (random.below(25) === 0) {
    return random.pick([
      "/",
      "/api",
      "/apis",
      "/openapi/v2",
      "/openapi/v3/apis/apps/v1",
      "/version",
      "/metrics",
      "/livez",
      "/openid/v1/jwks",
      "/cacerts",
      "/debug/skiff/writes",
    ]);
  }
  const { group, version, resource, namespaced, subresources } = row;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const watch = method === "GET" && random.below(20) === 0 ? "/watch" : "";
  const space = namespaced && random.below(8) > 0 ? `/namespaces/${random.pick(namespaces)}` : "";
  const collective = method === "POST" ? random.below(6) > 0 : random.below(3) === 0;
  if (collective) return `${root}${watch}${space}/${resource}`;
  const sub = subresources.length > 0 && random.below(3) === 0 ? `/${random.pick(subresources).name}` : "";
  return `${root}${watch}${space}/${resource}/${random.pick(names)}${sub}`;
}

function mutatedPath(path: string, random: SeededRandom): string {
  if (random.below(6) > 0) return path;
  const at = 1 + random.below(path.length);
  return random.pick<() => string>([
    () =>
      path.slice(0, at) +
      random.pick(["%", "%zz", "%00", "%2f", "%2e%2e/", "%c0%af", "//", "/./", "/../", ";a=b", "*", "%25", "%ff"]) +
      path.slice(at),
    () => path.slice(0, at) + encodeURIComponent(oddText(random)) + path.slice(at),
    () => path.replace(/\/[^/]*/, (part) => part + part),
    () => `${path}/${"a/".repeat(random.below(300))}`,
    () => `${path}${"x".repeat(random.below(6_000))}`,
    () => path.split("/").toReversed().join("/").replace(/^[^/]/, "/$&"),
    () => `${path}/`,
    () => path.toUpperCase(),
  ])();
}

const queries: readonly ((random: SeededRandom) => string)[] = [
  (r) => `labelSelector=${encodeURIComponent(selector(r))}`,
  (r) =>
    `fieldSelector=${
      encodeURIComponent(
        r.pick([
          "metadata.name=x0",
          "spec.nodeName=n",
          "a=b,",
          "=",
          "!",
          "metadata.name!=a,metadata.name!=b",
          `${"status.phase=x,".repeat(r.below(800))}a=b`,
          oddText(r),
        ]),
      )
    }`,
  (r) => `limit=${r.pick(["1", "2", "500", "0", "-1", "1e99", "NaN", "99999999999999999999", "", "0x10"])}`,
  (r) => `continue=${encodeURIComponent(continueToken(r))}`,
  (r) =>
    `resourceVersion=${
      // One that is still to come is waited for.
      r.below(40) === 0
        ? "999999999"
        : encodeURIComponent(r.pick(["0", "1", "-1", "x", "", "1.5", "1e30", oddText(r)]))}`,
  (r) => `resourceVersionMatch=${r.pick(["Exact", "NotOlderThan", "Never", ""])}`,
  (r) => `dryRun=${r.pick(["All", "None", "", "All&dryRun=All"])}`,
  (r) => `fieldManager=${encodeURIComponent(r.pick(["m", "", "x".repeat(200), oddText(r)]))}`,
  (r) => `fieldValidation=${r.pick(["Strict", "Warn", "Ignore", "Odd", ""])}`,
  (r) => `force=${r.pick(["true", "false", "1", "maybe"])}`,
  (r) =>
    `gracePeriodSeconds=${r.pick(["0", "-1", "30", "x", "1e9"])}&propagationPolicy=${
      r.pick(["Orphan", "Foreground", "Background", "Odd"])
    }`,
  (r) => `sendInitialEvents=${r.pick(["true", "false"])}&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
  (r) => `pretty=${r.pick(["true", "1", ""])}&includeObject=${r.pick(["Object", "None", "Metadata", "Odd"])}`,
  (r) => `${encodeURIComponent(oddText(r))}=${encodeURIComponent(oddText(r))}`,
  () => "&&&=&=%&%zz=%zz",
];

function queryOf(method: string, random: SeededRandom): string {
  // Without an end of their own watches would be as many as the requests.
  const watch = method === "GET" && random.below(12) === 0
    ? [`watch=${random.pick(["1", "true", "yes"])}&timeoutSeconds=${random.pick(["1", "2", "-1", "1e9", "x"])}`]
    : [];
  // Half of the writes leave nothing, so that the rest finds something to work on.
  const dry = method !== "GET" && random.below(2) === 0 ? ["dryRun=All"] : [];
  const more = Array.from(
    { length: random.below(4) === 0 ? 1 + random.below(3) : 0 },
    () => random.pick(queries)(random),
  );
  const all = [...watch, ...dry, ...more];
  return all.length === 0 ? "" : `?${all.join("&")}`;
}

function selector(random: SeededRandom): string {
  return random.pick<() => string>([
    () => "a=b,c!=d,e in (f,g),!h",
    () => `${"a in (b),".repeat(random.below(1_500))}c`,
    () => `a in (${"x,".repeat(random.below(3_000))}y)`,
    () => "(".repeat(random.below(2_000)),
    () => "a in (((b)))",
    () => "a notin ()",
    () => oddText(random),
  ])();
}

/** Of the form that the server's have, but never from it. */
function continueToken(random: SeededRandom): string {
  const parts = {
    v: random.pick(["meta.k8s.io/v1", "x", ""]),
    rv: random.pick([1, -1, 1e18, "1"]),
    start: random.pick(["default/x0", "", "../..", "\u0000", oddText(random)]),
  };
  const text = random.pick([JSON.stringify(parts), "{}", "null", oddText(random), "[".repeat(500)]);
  const token = encoder.encode(text).toBase64({ alphabet: "base64url" });
  return random.pick([token, token.slice(0, -1), `${token}==`, oddText(random), token.repeat(1 + random.below(40))]);
}

function bodyOf(method: string, row: ResourceRow, random: SeededRandom): [type: string, body: Uint8Array] {
  if (method === "GET" || method === "HEAD") return ["", new Uint8Array(0)];
  if (random.below(20) === 0) return random.pick(oddBodies)(random);
  if (method === "DELETE" && random.below(3) > 0) return ["", new Uint8Array(0)];
  const object = objectOf(row, random);
  if (method === "PATCH") return patchOf(object, random);
  const [type, bytes] = random.pick<() => [string, Uint8Array]>([
    () => ["application/json", encoder.encode(JSON.stringify(object))],
    () => ["application/json", encoder.encode(JSON.stringify(object))],
    // It costs ten times the others.
    () =>
      random.below(3) > 0
        ? ["application/json", encoder.encode(JSON.stringify(object))]
        : ["application/yaml", encoder.encode(encodeYAML(object))],
    () => ["application/vnd.kubernetes.protobuf", encodeProtobuf(object as Parameters<typeof encodeProtobuf>[0])],
  ])();
  return [type, random.below(3) === 0 ? mutateBytes(bytes, random) : bytes];
}

function objectOf(row: ResourceRow, random: SeededRandom): Record<string, unknown> {
  const apiVersion = apiVersionOf(row);
  const object = randomObject(schema, schema.ofKind(apiVersion, row.kind)!, random, 2);
  const metadata = random.below(8) === 0 ? { ...object["metadata"] as object, generateName: undefined } : {};
  const named = { ...metadata, name: random.pick(names), ...(row.namespaced ? { namespace: "hostile" } : {}) };
  return JSON.parse(JSON.stringify({ ...object, apiVersion, kind: row.kind, metadata: named }));
}

const jsonPatches: readonly ((random: SeededRandom) => unknown)[] = [
  () => [{ op: "add", path: "/metadata/labels", value: { a: "b" } }, {
    op: "test",
    path: "/metadata/labels/a",
    value: "b",
  }],
  (r) => Array.from({ length: r.below(200) }, () => ({ op: "copy", from: "/metadata", path: "/metadata/labels" })),
  (
    r,
  ) => [{
    op: r.pick(["add", "remove", "replace", "move", "copy", "test", "odd"]),
    path: oddText(r),
    from: oddText(r),
    value: oddText(r),
  }],
  (r) => [{ op: "add", path: `/${"a/".repeat(r.below(500))}b`, value: 1 }],
  () => [{ op: "replace", path: "", value: null }],
  () => [{ op: "add", path: "/__proto__/x", value: 1 }, { op: "add", path: "/constructor/prototype", value: 1 }],
];

function patchOf(object: Record<string, unknown>, random: SeededRandom): [string, Uint8Array] {
  const type = random.pick(patchTypes);
  const value = type === patchTypes[0] ? random.pick(jsonPatches)(random) : random.below(4) > 0 ? object : {
    ...object,
    spec: random.pick<unknown>([
      { $patch: "delete" },
      {
        containers: [{ name: "a", $patch: "delete" }, { $patch: "replace" }],
        "$setElementOrder/containers": [{ name: "b" }],
      },
      { $retainKeys: ["a"], "$deleteFromPrimitiveList/finalizers": [null] },
      [[], {}],
      null,
    ]),
  };
  const bytes = encoder.encode(JSON.stringify(value));
  return [type, random.below(4) === 0 ? mutateBytes(bytes, random) : bytes];
}
