import type { Answer, Side } from "../sides.ts";
import { ask, inParallel, type Section } from "../suite.ts";
import { discovered } from "./discovered.ts";
import { accepts, fields, pages, selectors, TABLE, versions } from "./queries.ts";
import { configMap, make, makeNamespace, PLACE, pod } from "./specimens.ts";

/** Each side has its own: `$RV` is the version after everything was made, `$BEFORE` the one before, `$CONTINUE` the token of a first page of two. */
type Facts = Readonly<Record<"$RV" | "$BEFORE" | "$CONTINUE", string>>;

/** Lists in all their forms, and the same of single objects. */
export const lists: Section = async ({ sides, report }, of) => {
  await makeNamespace(sides, PLACE);
  const place = `/api/v1/namespaces/${PLACE}`;
  const before = await factsOf(sides.theirs, sides.ours);
  for (const [index, name] of ["a", "b", "c", "d", "e", "f", "g"].entries()) {
    await make(
      sides,
      `${place}/configmaps`,
      configMap(name, { app: "abc"[index % 3], tier: String(index) }, { key: "value" }),
    );
  }
  for (const name of ["p", "q"]) await make(sides, `${place}/pods`, pod(name, { app: name }));
  const after = await factsOf(sides.theirs, sides.ours);
  const facts = after.map((side, index): Facts => ({ ...side, $BEFORE: before[index]!.$RV }));

  const get = async (path: string, headers?: Record<string, string>) => {
    const side = (one: Side, own: Facts): Side => ({
      send: (request) => one.send({ ...request, path: filled(path, own) }),
    });
    const pair = { theirs: side(sides.theirs, facts[0]!), ours: side(sides.ours, facts[1]!) };
    return await ask(pair, report, of, { method: "GET", path, ...headers && { headers } });
  };
  const queries = [
    ...selectors.map((text) => `labelSelector=${encodeURIComponent(text)}`),
    ...fields.map((text) => `fieldSelector=${encodeURIComponent(text)}`),
    ...versions,
    ...pages,
  ];
  await inParallel(queries, async (query) => {
    await get(`${place}/configmaps?${query}`);
    await get(`${place}/pods?${query}`);
    await get(`/api/v1/configmaps?${query}`);
  });
  await inParallel(["a", "none"], async (name) => {
    for (const query of [...versions, ...pages]) await get(`${place}/configmaps/${name}?${query}`);
  });
  await inParallel([...accepts], async (accept) => {
    for (
      const path of ["configmaps", "configmaps/a", "configmaps/none", "pods?limit=1", "pods/p", "services", "nothing"]
    ) {
      await get(`${place}/${path}`, { accept });
    }
    await get("/apis/rbac.authorization.k8s.io/v1/clusterroles/view", { accept });
    await get("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", { accept });
  });
  await inParallel(["None", "Metadata", "Object", "none", "", "Wrong"], async (include) => {
    for (const path of ["configmaps", "configmaps/a", "pods"]) {
      await get(`${place}/${path}?includeObject=${include}`, { accept: TABLE });
    }
  });
  await inParallel(["gzip", "deflate", "br", "gzip;q=0", "*"], async (encoding) => {
    await get("/apis/rbac.authorization.k8s.io/v1/clusterroles", { "accept-encoding": encoding });
    await get(`${place}/configmaps/a`, { "accept-encoding": encoding });
  });
  await inParallel(["curl/8.0", "Wget/1.2", "Mozilla/5.0 (X11)", "Go-http-client/1.1"], async (agent) => {
    for (const query of ["", "?pretty=false", "?pretty=true", "?pretty=0"]) {
      const headers = { "user-agent": agent };
      const answers = await get(`${place}/configmaps/a${query}`, headers);
      reportLayout(answers, `${place}/configmaps/a${query}`, agent);
      reportLayout(await get(`${place}/configmaps/none${query}`, headers), `${place}/configmaps/none${query}`, agent);
    }
  });
  // Which fields each kind can be selected by.
  const kinds = (await discovered(sides.theirs)).filter(({ verbs }) => verbs.includes("list"));
  const candidates = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.unschedulable",
    "spec.clusterIP",
    "spec.type",
    "type",
    "status.phase",
    "status.successful",
    "status.replicas",
    "reason",
    "involvedObject.name",
    "reportingController",
    "regarding.name",
    "spec.signerName",
    "spec.replicas",
    "spec.driver",
    "spec.host",
    "status.podIP",
    "reportingComponent",
    "source",
    "spec.podIPs",
    "spec.schedulerName",
    "spec.hostNetwork",
    "status.nominatedNodeName",
    "spec.serviceAccountName",
    "spec.restartPolicy",
    "involvedObject.uid",
    "name",
  ];
  await inParallel(kinds, async ({ root, resource }) => {
    for (const field of candidates) await get(`${root}/${resource}?fieldSelector=${field}%3Dx&limit=1`);
  });

  function reportLayout(answers: [Answer, Answer], path: string, agent: string) {
    const [theirs, ours] = answers.map(({ text }) =>
      `${text.startsWith("{\n  ") ? "indented" : "compact"}, ends in ${JSON.stringify(text.at(-1))}`
    );
    report.add(theirs === ours ? [] : [{ where: "layout", theirs: theirs!, ours: ours! }], {
      of,
      what: `GET ${path}`,
      sent: agent,
    });
  }
};

async function factsOf(...all: readonly Side[]): Promise<Facts[]> {
  return await Promise.all(all.map(async (side): Promise<Facts> => {
    const { json } = await side.send({ method: "GET", path: `/api/v1/namespaces/${PLACE}/configmaps?limit=2` });
    const { resourceVersion, continue: token = "" } =
      (json as { metadata: { resourceVersion: string; continue?: string } }).metadata;
    return { $RV: resourceVersion, $BEFORE: "", $CONTINUE: token };
  }));
}

function filled(path: string, facts: Facts): string {
  return Object.entries(facts).reduce((text, [name, value]) => text.replaceAll(name, value), path);
}
