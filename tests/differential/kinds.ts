import { schema } from "../../api/schema/schema.ts";
import { apiVersionOf } from "../../api/resource.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";
import { compare } from "./compare.ts";
import { describe, mutate, type Mutation, mutationsOf } from "./mutations.ts";
import { core } from "./objects/core.ts";
import { network } from "./objects/network.ts";
import { pods } from "./objects/pods.ts";
import { policies } from "./objects/policies.ts";
import type { Specimen } from "./objects/specimen.ts";
import { storage } from "./objects/storage.ts";
import { workloads } from "./objects/workloads.ts";
import type { Request } from "./sides.ts";
import { inParallel, NAMESPACE, type SuiteOptions } from "./suite.ts";

type Json = Record<string, unknown>;

const specimens: readonly Specimen[] = [...core, ...pods, ...workloads, ...network, ...storage, ...policies];

const ALONE = new Set(["apiVersion", "kind", "metadata", "status"]);
const ALL_BUT_STATUS = new Set(["apiVersion", "kind", "metadata", "spec"]);

/** Every kind's specimens and their mutations, created, updated and written to their status on both sides. */
export async function compareKinds(options: SuiteOptions): Promise<void> {
  const chosen = specimens.filter(({ of }) => options.focus.test(of));
  for (const [index, specimen] of chosen.entries()) {
    for (const row of schema.resources().filter((row) => `${row.group}/${row.resource}` === specimen.of)) {
      if (specimen.version !== undefined && specimen.version !== row.version) continue;
      await compareSpecimen(row, specimen, `specimen-${index}`, options);
    }
    options.progress(`${specimen.of}: ${options.report.summary()}`);
  }
}

/** Whether the mutations are of the same places, one by one. */
function isSameShape(some: readonly Mutation[], others: readonly Mutation[]): boolean {
  return some.length === others.length &&
    some.every(({ path }, index) => path.join("/") === others[index]!.path.join("/"));
}

async function compareSpecimen(row: ResourceRow, specimen: Specimen, given: string, options: SuiteOptions) {
  const { sides, report } = options;
  const message = schema.ofKind(apiVersionOf(row), row.kind)!;
  const group = row.group === "" ? "/api/v1" : `/apis/${apiVersionOf(row)}`;
  const collection = `${group}/${row.namespaced ? `namespaces/${NAMESPACE}/` : ""}${row.resource}`;
  const metadata = specimen.object["metadata"] as Json | undefined;
  const name = metadata?.["name"] as string ?? given;
  const object: Json = {
    apiVersion: apiVersionOf(row),
    kind: row.kind,
    ...specimen.object,
    metadata: { ...metadata, name },
  };
  const both = async (what: string, sent: string, theirs: Request, ours = theirs) => {
    const answers = await Promise.all([sides.theirs.send(theirs), sides.ours.send(ours)]);
    report.add(compare(...answers), { of: specimen.of, what, sent });
    return answers;
  };
  const all = async (what: string, mutations: readonly Mutation[], request: (index: number) => [Request, Request]) => {
    const chosen = [...mutations.entries()].filter(() => options.random() < options.share);
    await inParallel(chosen, async ([index, mutation]) => {
      await both(what, describe(mutation), ...request(index));
    });
  };

  const creations = [...mutationsOf(schema, message, object, ALONE)];
  await all("create", creations, (index) => {
    const request = { method: "POST", path: `${collection}?dryRun=All`, body: mutate(object, creations[index]!) };
    return [request, request];
  });
  const [created] = await both("create", JSON.stringify(object), { method: "POST", path: collection, body: object });
  if (created.code !== 201) {
    options.progress(`${specimen.of}: the specimen is refused: ${created.text}`);
    return;
  }
  const path = `${collection}/${name}`;
  const stored = await Promise.all([sides.theirs, sides.ours].map(async (side) => {
    return (await side.send({ method: "GET", path })).json as Json;
  }));
  if (stored.some((one) => one["kind"] !== row.kind)) return;
  /** Each side's mutations are of what it has stored itself: an address is another one there. */
  const changes = async (what: string, target: string, untouched: ReadonlySet<string>) => {
    const [theirs, ours] = stored.map((one) => [...mutationsOf(schema, message, one, untouched)]);
    const request = (one: Json, mutation: Mutation): Request => {
      return { method: "PUT", path: `${target}?dryRun=All`, body: mutate(one, mutation) };
    };
    // What is stored otherwise is mutated otherwise: then the same is sent to both.
    const own = isSameShape(theirs!, ours!) ? ours! : theirs!;
    await all(what, theirs!, (index) => [request(stored[0]!, theirs![index]!), request(stored[1]!, own[index]!)]);
  };
  await changes("update", path, ALONE);
  if (specimen.status && row.subresources.some(({ name }) => name === "status")) {
    const [theirs, ours] = stored.map((one) => ({
      method: "PUT",
      path: `${path}/status`,
      body: { ...one, status: specimen.status },
    }));
    const [written, writtenOurs] = await both("status", JSON.stringify(specimen.status), theirs!, ours);
    if (written.code === 200 && writtenOurs.code === 200) {
      stored.splice(0, 2, written.json as Json, writtenOurs.json as Json);
      await changes("status", `${path}/status`, ALL_BUT_STATUS);
      const labelled = stored.map((one) => ({
        method: "PUT",
        path: `${path}/status?dryRun=All`,
        body: {
          ...one,
          metadata: { ...one["metadata"] as Json, labels: { by: "status" }, annotations: { by: "status" } },
        },
      }));
      await both("status", "metadata.labels and metadata.annotations", labelled[0]!, labelled[1]);
      if (specimen.changesWithStatus) await changes("update", path, ALONE);
    }
  }
  const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  await both("table", "GET as Table", { method: "GET", path, headers: table });
  await both("get", "GET", { method: "GET", path });
  await both("delete", "DELETE", { method: "DELETE", path });
  // A Pod or a volume that is held goes at once.
  const finalizers = { method: "PATCH", path, headers: { "content-type": "application/merge-patch+json" } };
  for (const side of [sides.theirs, sides.ours]) {
    await side.send({ ...finalizers, body: { metadata: { finalizers: null } } });
    await side.send({ method: "DELETE", path: `${path}?gracePeriodSeconds=0` });
  }
}
