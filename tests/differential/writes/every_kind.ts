import { apiVersionOf } from "../../../api/resource.ts";
import { schema } from "../../../api/schema/schema.ts";
import { core } from "../objects/core.ts";
import { network } from "../objects/network.ts";
import type { Specimen } from "../objects/specimen.ts";
import { storage } from "../objects/storage.ts";
import { workloads } from "../objects/workloads.ts";
import { NAMESPACE } from "../suite.ts";
import { NAME, patch, post, type Script } from "./script.ts";

type Json = Record<string, unknown>;

/** They would work on what other scripts make. */
const influential = new Set(["/limitranges", "/resourcequotas", "networking.k8s.io/servicecidrs"]);

const specimens: readonly Specimen[] = [...core, ...workloads, ...network, ...storage]
  .filter(({ of }) => !influential.has(of));

/** What no kind's metadata may become, which each tells as often as it looks. */
const patches: readonly object[] = [
  { metadata: { labels: { a: "-" } } },
  { metadata: { annotations: { "a b": "x" } } },
  { metadata: { finalizers: ["wrong"] } },
  { metadata: { finalizers: ["wrong wrong"] } },
  { metadata: { ownerReferences: [{}] } },
  { metadata: { uid: "other" } },
  { metadata: { generateName: "Wrong_" } },
  { metadata: { generateName: "wrong%" } },
];

/** Metadata of every kind that has specimens, as the object and as its status. */
export const ofEveryKind: readonly Script[] = specimens.flatMap((specimen) =>
  schema.resources()
    .filter((row) => `${row.group}/${row.resource}` === specimen.of && row.verbs.includes("patch"))
    .map((row, _, versions): Script => {
      const group = row.group === "" ? "/api/v1" : `/apis/${apiVersionOf(row)}`;
      const collection = `${group}/${row.namespaced ? `namespaces/${NAMESPACE}/` : ""}${row.resource}`;
      const metadata = specimen.object["metadata"] as Json | undefined;
      // Scripts of several versions run at the same time, and would meet in one object.
      const name = versions.length > 1 ? NAME : metadata?.["name"] as string ?? NAME;
      const object = {
        apiVersion: apiVersionOf(row),
        kind: row.kind,
        ...specimen.object,
        metadata: { ...metadata, name },
      };
      const parts = ["", ...row.subresources.some(({ name }) => name === "status") ? ["/status"] : []];
      return {
        of: `every/${row.group}/${row.resource}`,
        steps: [
          post(collection, object),
          ...parts.flatMap((part) =>
            patches.map((body) => patch("merge", `${collection}/${name}${part}?dryRun=All`, body))
          ),
        ],
      };
    })
);
