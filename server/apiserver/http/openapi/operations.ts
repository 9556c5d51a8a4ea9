import type { ResourceRow, SubresourceRow } from "../../../../api/schema/contract.ts";
import type { Kind } from "./definitions.ts";

/** What documents of both versions say of one operation; the versions differ in how they write parameters and bodies. */
export interface Operation {
  readonly method: "get" | "put" | "post" | "patch" | "delete";
  /** Upstream's word: `list`, `deletecollection`. */
  readonly action: string;
  readonly id: string;
  readonly kind: Kind;
  readonly query: readonly Parameter[];
  /** `kind` of the body: the object, a patch of it, or options. */
  readonly body: "object" | "patch" | "deleteOptions" | undefined;
  readonly answer: "object" | "list" | "status";
}

export interface Parameter {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean";
}

export interface PathOperations {
  readonly path: string;
  /** Of the path: `name`, `namespace`. */
  readonly parameters: readonly string[];
  readonly operations: readonly Operation[];
}

const text = (...names: string[]) => names.map((name): Parameter => ({ name, type: "string" }));
const listing: readonly Parameter[] = [
  { name: "allowWatchBookmarks", type: "boolean" },
  ...text("continue", "fieldSelector", "labelSelector"),
  { name: "limit", type: "integer" },
  ...text("resourceVersion", "resourceVersionMatch"),
  { name: "sendInitialEvents", type: "boolean" },
  { name: "timeoutSeconds", type: "integer" },
  { name: "watch", type: "boolean" },
];
const writing: readonly Parameter[] = text("dryRun", "fieldManager", "fieldValidation");
const deleting: readonly Parameter[] = [
  ...text("dryRun"),
  { name: "gracePeriodSeconds", type: "integer" },
  { name: "orphanDependents", type: "boolean" },
  ...text("propagationPolicy"),
];

/** Streams have no schema to speak of. */
const streams = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** The paths of one resource with what can be done there. */
export function pathsOf(row: ResourceRow): PathOperations[] {
  const root = row.group === "" ? `/api/${row.version}` : `/apis/${row.group}/${row.version}`;
  const scope = row.namespaced ? `${root}/namespaces/{namespace}/${row.resource}` : `${root}/${row.resource}`;
  const inNamespace = row.namespaced ? ["namespace"] : [];
  const one = ["name", ...inNamespace];
  const paths: PathOperations[] = [
    { path: scope, parameters: inNamespace, operations: collection(row) },
    { path: `${scope}/{name}`, parameters: one, operations: single(row, row, "") },
    ...row.subresources.filter((sub) => !streams.has(sub.name)).map((sub) => ({
      path: `${scope}/{name}/${sub.name}`,
      parameters: one,
      operations: single(row, sub, sub.name),
    })),
  ];
  if (row.namespaced && row.verbs.includes("list")) {
    const operations = [operation(row, row, "get", "list", listing, undefined, "list", "ForAllNamespaces")];
    paths.push({ path: `${root}/${row.resource}`, parameters: [], operations });
  }
  return paths.filter((path) => path.operations.length > 0);
}

function collection(row: ResourceRow): Operation[] {
  const has = (verb: string) => row.verbs.includes(verb);
  return [
    ...(has("list") ? [operation(row, row, "get", "list", listing, undefined, "list")] : []),
    ...(has("create") ? [operation(row, row, "post", "post", writing, "object", "object")] : []),
    ...(has("deletecollection")
      ? [operation(row, row, "delete", "deletecollection", [...listing, ...deleting], "deleteOptions", "status")]
      : []),
  ];
}

function single(row: ResourceRow, of: ResourceRow | SubresourceRow, suffix: string): Operation[] {
  const has = (verb: string) => of.verbs.includes(verb);
  const onSubresource = suffix !== "";
  return [
    ...(has("get") ? [operation(row, of, "get", "get", [], undefined, "object", suffix)] : []),
    ...(has("update") ? [operation(row, of, "put", "put", writing, "object", "object", suffix)] : []),
    ...(has("patch")
      ? [
        operation(
          row,
          of,
          "patch",
          "patch",
          [...writing, { name: "force", type: "boolean" }],
          "patch",
          "object",
          suffix,
        ),
      ]
      : []),
    ...(has("create") && onSubresource
      ? [operation(row, of, "post", "post", writing, "object", "object", suffix)]
      : []),
    ...(has("delete") && !onSubresource
      ? [operation(row, of, "delete", "delete", deleting, "deleteOptions", "status", suffix)]
      : []),
  ];
}

const verbsOfIds: Readonly<Record<string, string>> = {
  get: "read",
  put: "replace",
  post: "create",
  deletecollection: "deleteCollection",
};

function operation(
  row: ResourceRow,
  of: Kind,
  method: Operation["method"],
  action: string,
  query: readonly Parameter[],
  body: Operation["body"],
  answer: Operation["answer"],
  suffix = "",
): Operation {
  const group = row.group === "" ? "Core" : capitalized(row.group.split(".")[0]!);
  const place = row.namespaced && suffix !== "ForAllNamespaces" ? "Namespaced" : "";
  const id = `${verbsOfIds[action] ?? action}${group}${capitalized(row.version)}${place}${row.kind}${
    capitalized(suffix)
  }`;
  const { group: g, version, kind } = of;
  return { method, action, id, kind: { group: g, version, kind }, query, body, answer };
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
