import { compareValues, type Difference } from "../compare.ts";
import { eventsOf } from "../decoded.ts";
import { compareHeaders } from "../headers.ts";
import type { Answer, Request, Side } from "../sides.ts";
import { ask, inParallel, type Section } from "../suite.ts";
import { configMap, make, makeNamespace, pod } from "./specimens.ts";

const PLACE = "watches";
const place = `/api/v1/namespaces/${PLACE}`;
const maps = `${place}/configmaps`;
/** Seconds that a watch lasts: long enough for the changes on a machine with other work. */
const SECONDS = 4;

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const PROTOBUF = "application/vnd.kubernetes.protobuf";

interface Watch {
  readonly path: string;
  readonly accept?: string;
}

/** `$RV` is each side's version before the changes. */
const watched: readonly Watch[] = [
  { path: `${maps}?watch=1` },
  { path: `${maps}?watch=1&resourceVersion=0` },
  { path: `${maps}?watch=1&resourceVersion=$RV` },
  { path: `${maps}?watch=true&resourceVersion=$RV&allowWatchBookmarks=true` },
  { path: `${maps}?watch=1&resourceVersion=$RV&labelSelector=app%3Dx` },
  { path: `${maps}?watch=1&resourceVersion=$RV&labelSelector=app!%3Dx` },
  { path: `${maps}?watch=1&labelSelector=app` },
  { path: `${maps}?watch=1&resourceVersion=$RV&fieldSelector=metadata.name%3Da` },
  { path: `${maps}?watch=1&resourceVersion=$RV&fieldSelector=metadata.name%3Dnone` },
  { path: `${maps}/a?watch=1&resourceVersion=$RV` },
  { path: `/api/v1/watch/namespaces/${PLACE}/configmaps?resourceVersion=$RV` },
  { path: `/api/v1/watch/namespaces/${PLACE}/configmaps/a?resourceVersion=$RV` },
  { path: `/api/v1/watch/configmaps?resourceVersion=$RV&fieldSelector=metadata.namespace%3D${PLACE}` },
  { path: `/api/v1/configmaps?watch=1&resourceVersion=$RV&fieldSelector=metadata.namespace%3D${PLACE}` },
  { path: `${place}/pods?watch=1&resourceVersion=$RV` },
  { path: `${place}/pods?watch=1&resourceVersion=$RV&fieldSelector=spec.nodeName%3Dnode` },
  { path: `${place}/pods?watch=1&resourceVersion=$RV&fieldSelector=status.phase%3DRunning` },
  { path: `${place}/pods?watch=1&resourceVersion=$RV`, accept: TABLE },
  { path: `${place}/pods?watch=1&resourceVersion=$RV&includeObject=Object`, accept: TABLE },
  { path: `${place}/pods?watch=1&resourceVersion=$RV&includeObject=None`, accept: TABLE },
  { path: `${maps}?watch=1`, accept: TABLE },
  { path: `${maps}?watch=1`, accept: PARTIAL },
  { path: `${maps}?watch=1&resourceVersion=$RV`, accept: PARTIAL },
  { path: `${maps}?watch=1&resourceVersion=$RV`, accept: PROTOBUF },
  { path: `${maps}?watch=1&resourceVersion=$RV`, accept: `${PROTOBUF};stream=watch` },
  { path: `${maps}?watch=1&resourceVersion=$RV`, accept: PARTIAL.replace("json", "vnd.kubernetes.protobuf") },
  { path: `${maps}?watch=1&resourceVersion=$RV`, accept: TABLE.replace("json", "vnd.kubernetes.protobuf") },
  { path: `${maps}?watch=1&resourceVersion=$RV`, accept: `${PROTOBUF},application/json` },
  { path: `${maps}?watch=1&resourceVersion=$RV`, accept: "application/json;stream=watch" },
  { path: `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan` },
  { path: `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan` },
  {
    path:
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=0`,
  },
  {
    path:
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=$RV`,
  },
  {
    path:
      `${maps}?watch=1&sendInitialEvents=false&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=$RV`,
  },
  { path: `${maps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan` },
  {
    path: `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    accept: TABLE,
  },
  {
    path: `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    accept: PARTIAL,
  },
  {
    path: `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    accept: PROTOBUF,
  },
  {
    path:
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&labelSelector=app%3Dnone`,
  },
];

/** Refused, or over at once. */
const refused: readonly Watch[] = [
  ...[
    "resourceVersion=1",
    "resourceVersion=99999999999",
    "resourceVersion=abc",
    "resourceVersion=-1",
    "resourceVersionMatch=Exact",
    "resourceVersionMatch=NotOlderThan",
    "resourceVersionMatch=NotOlderThan&resourceVersion=$RV",
    "resourceVersionMatch=Wrong",
    "sendInitialEvents=true",
    "sendInitialEvents=true&allowWatchBookmarks=true",
    "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=Exact",
    "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=99999999999",
    "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=abc",
    "sendInitialEvents=false",
    "labelSelector=a%20b",
    "fieldSelector=spec.x%3Da",
    "limit=1",
    "continue=abc",
    "timeoutSeconds=x",
    "timeoutSeconds=-1",
  ].map((query) => ({ path: `${maps}?watch=1&${query}` })),
  { path: `${maps}/a?watch=1&fieldSelector=metadata.name%3Db` },
  { path: `${maps}/a?watch=1&fieldSelector=metadata.name%3Da` },
  { path: `${maps}?watch=x` },
  { path: `${maps}?watch=True` },
  { path: `${maps}?watch=FALSE` },
  { path: `${maps}?watch=0` },
  { path: `${maps}?watch` },
  { path: `${maps}?watch=` },
  { path: `/api/v1/watch/namespaces/${PLACE}/nothing` },
  { path: `/api/v1/watch/namespaces/${PLACE}` },
  { path: "/api/v1/watch/namespaces" },
  { path: "/api/v1/watch/nothing" },
  { path: `/apis/apps/v1/watch/namespaces/${PLACE}/deployments` },
  { path: "/apis/apps/v1/watch/deployments" },
  { path: `/apis/apps/v1/watch/namespaces/${PLACE}/deployments/none` },
  { path: `/apis/apps/v1/watch/namespaces/${PLACE}/deployments/none/status` },
  { path: "/api/v1/componentstatuses?watch=1" },
  { path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?watch=1" },
  ...[
    "application/yaml",
    "text/html",
    "*/*",
    "application/json;as=Nothing;v=v1;g=meta.k8s.io",
    TABLE.replace("v1", "v9"),
    `${TABLE.replace("json", "yaml")}`,
    PARTIAL.replace("PartialObjectMetadata", "PartialObjectMetadataList"),
    "application/cbor",
    "application/cbor-seq",
  ]
    .map((accept) => ({ path: `${maps}?watch=1`, accept })),
];

/** Watches that see the same changes on both servers, live and from the past. */
export const watches: Section = async ({ sides, report }, of) => {
  await makeNamespace(sides, PLACE);
  await make(sides, maps, configMap("old", { app: "x" }));
  const versions = await Promise.all([sides.theirs, sides.ours].map(async (side) => {
    const { json } = await side.send({ method: "GET", path: maps });
    return (json as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  }));
  const run = async ({ path, accept }: Watch, seconds: number, what: string) => {
    const [theirs, ours] = await Promise.all([sides.theirs, sides.ours].map((side, index) =>
      side.send({
        method: "GET",
        path: `${path.replace("$RV", versions[index]!)}${path.includes("?") ? "&" : "?"}timeoutSeconds=${seconds}`,
        ...accept !== undefined && { headers: { accept } },
      })
    ));
    const found = [...compareHeaders(theirs!, ours!), ...compareEvents(promised(theirs!), promised(ours!))];
    if (theirs!.code !== ours!.code) {
      found.push({ where: "code", theirs: String(theirs!.code), ours: String(ours!.code) });
    }
    report.add(found, { of, what: `${what} ${path}`, sent: accept ?? "" });
  };
  // A watch without a version begins where it is registered, before the changes begin.
  const live = watched.map((watch) => run(watch, SECONDS, "live"));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const side of [sides.theirs, sides.ours]) for (const change of changes) await mustSucceed(side, change);
  await Promise.all(live);
  await Promise.all(watched.filter(({ path }) => path.includes("$RV")).map((watch) => run(watch, 1, "from the past")));
  await inParallel(refused, (watch) => run(watch, 1, "at once"));
  for (const method of ["POST", "DELETE", "HEAD"]) {
    await ask(sides, report, of, {
      method,
      path: `/api/v1/watch/namespaces/${PLACE}/configmaps/none?timeoutSeconds=1`,
    });
  }
};

interface Event {
  readonly type?: string;
  /** Of a Status, which is no event. */
  readonly message?: string;
  readonly object?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
}

/** Without the bookmarks that a server sends when it likes. */
function promised(answer: Answer): readonly Event[] {
  return (eventsOf(answer) as Event[]).filter(({ type, object }) =>
    type !== "BOOKMARK" || object?.metadata?.annotations !== undefined
  );
}

/** What happened, and if it is the same, each event by itself. */
function compareEvents(theirs: readonly Event[], ours: readonly Event[]): readonly Difference[] {
  const types = (events: readonly Event[]) =>
    events.map(({ type, message }) => type ?? `refused: ${message}`).join(" ");
  if (types(theirs) !== types(ours)) return [{ where: "events", theirs: types(theirs), ours: types(ours) }];
  return compareValues(theirs, ours);
}

const merge = { "content-type": "application/merge-patch+json" };
const changes: readonly Request[] = [
  { method: "POST", path: maps, body: configMap("a", { app: "x" }, { key: "1" }) },
  { method: "PATCH", path: `${maps}/a`, headers: merge, body: { data: { key: "2" } } },
  { method: "PATCH", path: `${maps}/a`, headers: merge, body: { metadata: { labels: { app: "y" } } } },
  { method: "PATCH", path: `${maps}/a`, headers: merge, body: { metadata: { labels: { app: null } } } },
  // Nothing changes, and nobody is told.
  { method: "PATCH", path: `${maps}/a`, headers: merge, body: { data: { key: "2" } } },
  { method: "PATCH", path: `${maps}/a`, headers: merge, body: { metadata: { labels: { app: "x" } } } },
  { method: "POST", path: maps, body: configMap("b") },
  { method: "DELETE", path: `${maps}/b` },
  { method: "PATCH", path: `${maps}/a`, headers: merge, body: { metadata: { finalizers: ["example.com/held"] } } },
  { method: "DELETE", path: `${maps}/a` },
  { method: "PATCH", path: `${maps}/a`, headers: merge, body: { metadata: { finalizers: null } } },
  { method: "DELETE", path: `${maps}/old` },
  { method: "POST", path: `${place}/pods`, body: pod("p", { app: "x" }) },
  {
    method: "POST",
    path: `${place}/pods/p/binding`,
    body: { metadata: { name: "p" }, target: { kind: "Node", name: "node" } },
  },
  { method: "PATCH", path: `${place}/pods/p/status`, headers: merge, body: { status: { phase: "Running" } } },
  { method: "PATCH", path: `${place}/pods/p/status`, headers: merge, body: { status: { phase: "Succeeded" } } },
  { method: "DELETE", path: `${place}/pods/p?gracePeriodSeconds=0` },
];

async function mustSucceed(side: Side, request: Request): Promise<void> {
  const { code, text } = await side.send(request);
  if (code >= 300) throw new Error(`${request.method} ${request.path} is refused: ${text}`);
}
