import type { ResourceRow } from "../../../../api/schema/contract.ts";

/** What an operation is about. */
export interface Subject {
  readonly row: ResourceRow;
  /** Empty for the resource itself. */
  readonly subresource: string;
  /** In all namespaces at once. */
  readonly everywhere: boolean;
  /** By which a client connects. */
  readonly method?: string;
  /** To a path behind the object. */
  readonly withPath?: boolean;
}

/** A group as operations name it: `RbacAuthorization`, as a tag `rbacAuthorization`, and with its version `RbacAuthorizationV1`. */
export function groupWord({ group, version }: Pick<ResourceRow, "group" | "version">) {
  const [first, ...rest] = (group || "core").replace(/\.k8s\.io$/, "").split(".");
  const tag = first! + rest.map(capitalized).join("");
  return { group: capitalized(tag), tag, version, name: capitalized(tag) + capitalized(version) };
}

export function tagOf(row: Pick<ResourceRow, "group" | "version">): string {
  return `${groupWord(row).tag}_${row.version}`;
}

const verbs: Readonly<Record<string, string>> = {
  get: "read",
  put: "replace",
  post: "create",
  deletecollection: "delete",
  watchlist: "watch",
};

/** What generated clients name their functions after. */
export function idOf(action: string, { row, subresource, everywhere, method, withPath }: Subject): string {
  return [
    verbs[action] ?? action,
    groupWord(row).name,
    action === "deletecollection" ? "Collection" : capitalized(method ?? ""),
    row.namespaced && !everywhere ? "Namespaced" : "",
    row.kind,
    action === "watchlist" ? "List" : "",
    capitalized(subresource),
    everywhere ? "ForAllNamespaces" : "",
    withPath ? "WithPath" : "",
  ].join("");
}

const instead = "deprecated: use the 'watch' parameter with a list operation instead";
const descriptions: Readonly<Record<string, (of: Subject) => string>> = {
  list: ({ row }) => `list ${row.verbs.includes("watch") ? "or watch " : ""}objects of kind ${row.kind}`,
  watch: ({ row }) =>
    `watch changes to an object of kind ${row.kind}. ${instead}, filtered to a single item with the 'fieldSelector' parameter.`,
  watchlist: ({ row }) => `watch individual changes to a list of ${row.kind}. ${instead}.`,
  get: (of) => `read ${partOf(of)}the specified ${of.row.kind}`,
  put: (of) => `replace ${partOf(of)}the specified ${of.row.kind}`,
  patch: (of) => `partially update ${partOf(of)}the specified ${of.row.kind}`,
  post: (of) => `create ${partOf(of)}${articled(of.row.kind)}`,
  delete: ({ row }) => `delete ${articled(row.kind)}`,
  deletecollection: ({ row }) => `delete collection of ${row.kind}`,
  connect: ({ row, subresource, method }) =>
    `connect ${method?.toUpperCase()} requests to ${subresource} of ${row.kind}`,
};

export function descriptionOf(action: string, subject: Subject): string {
  return descriptions[action]!(subject);
}

function partOf({ subresource }: Subject): string {
  return subresource === "" ? "" : `${subresource} of `;
}

/** Plurals, as Endpoints, have no article. */
function articled(kind: string): string {
  if (/[^s]s$/.test(kind)) return kind;
  return `${/^[aeiou]/i.test(kind) ? "an" : "a"} ${kind}`;
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
