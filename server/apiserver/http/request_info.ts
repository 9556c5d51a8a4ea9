import { parseFieldSelector } from "../../../api/meta/field_selector.ts";

/** What a request is about, told from its method and URL alone: the subject of authorisation, routing and metrics. */
export interface RequestInfo {
  /** Of the API for a resource (`list`, `deletecollection`), else the HTTP method in lower case. */
  readonly verb: string;
  /** Decoded, without the query. */
  readonly path: string;
  /** Without the question mark; `""` when there is none. */
  readonly query: string;
  /** Undefined outside `/api/VERSION/…` and `/apis/GROUP/VERSION/…`. */
  readonly resource: ResourceInfo | undefined;
}

export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  /** `""`: cluster-scoped, or all namespaces. A Namespace is in its own namespace, as upstream's authorisers expect. */
  readonly namespace: string;
  readonly resource: string;
  /** `""` for lists and creation. A list or watch whose field selector asks for one name has it too. */
  readonly name: string;
  readonly subresource: string;
  /** Of a list, watch or deletecollection, as the client wrote them. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** What follows the subresource in the path, with its leading slash; only proxies allow any. */
  readonly rest: string;
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** The verbs whose requests selectors narrow. */
const ofMany = new Set(["list", "watch", "deletecollection"]);

/** The only ones below a Namespace that are its own; everything else there is a resource inside it. */
const namespaceSubresources = new Set(["status", "finalize"]);

/** Follows upstream's RequestInfo. Throws `URIError` for a path whose percent signs encode nothing. */
export function parseRequestInfo(method: string, url: string): RequestInfo {
  const mark = url.indexOf("?");
  const query = mark < 0 ? "" : url.slice(mark + 1);
  const raw = mark < 0 ? url : url.slice(0, mark);
  const path = raw.includes("%") ? decodeURIComponent(raw) : raw;
  const parts = path.split("/");
  parts.shift();
  if (parts.at(-1) === "") parts.pop();
  const core = parts[0] === "api";
  const start = core ? 2 : 3;
  if ((!core && (parts[0] !== "apis" || parts[1] === "")) || parts.length <= start) {
    return { verb: method.toLowerCase(), path, query, resource: undefined };
  }
  const group = core ? "" : parts[1]!;
  const version = parts[start - 1]!;
  let verb = verbs[method] ?? "";
  let at = start;
  // The old form of a watch: /api/v1/watch/namespaces/…
  const legacyWatch = parts[at] === "watch" && parts.length > at + 1;
  if (legacyWatch) {
    verb = "watch";
    at++;
  }
  let namespace = "";
  if (parts[at] === "namespaces" && parts.length > at + 1) {
    namespace = parts[at + 1]!;
    if (parts.length > at + 2 && !namespaceSubresources.has(parts[at + 2]!)) at += 2;
  }
  const resource = parts[at]!;
  let name = parts[at + 1] ?? "";
  const subresource = legacyWatch ? "" : parts[at + 2] ?? "";
  const rest = legacyWatch ? parts.slice(at + 2).join("/") : subresource === "" ? "" : restOf(path, parts, at + 3);
  if (name === "" || legacyWatch) {
    if (verb === "get") verb = isWatch(query) ? "watch" : "list";
    else if (verb === "delete") verb = "deletecollection";
    // Upstream's authorisers do not look at the selectors of the old form.
    if (!legacyWatch && ofMany.has(verb) && query.includes("Selector=")) {
      const selectors = selectorsOf(query);
      if (verb !== "deletecollection") name = selectedName(selectors.fieldSelector ?? "");
      const selected = { group, version, namespace, resource, name, subresource, ...selectors, rest };
      return { verb, path, query, resource: selected };
    }
  }
  return { verb, path, query, resource: { group, version, namespace, resource, name, subresource, rest } };
}

function restOf(path: string, parts: readonly string[], from: number): string {
  if (parts.length <= from) return parts[from - 1] === "proxy" && path.endsWith("/") ? "/" : "";
  return `/${parts.slice(from).join("/")}${path.endsWith("/") ? "/" : ""}`;
}

/** Upstream's reading of a boolean parameter: there and neither `false`, in whatever case (Python's clients write `False`), nor `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== "false" && value !== "0";
}

function isWatch(query: string): boolean {
  return query.includes("watch") && isTrue(new URLSearchParams(query).get("watch"));
}

function selectorsOf(query: string): Pick<ResourceInfo, "fieldSelector" | "labelSelector"> {
  const parameters = new URLSearchParams(query);
  const [fieldSelector, labelSelector] = [parameters.get("fieldSelector"), parameters.get("labelSelector")];
  return { ...(fieldSelector ? { fieldSelector } : {}), ...(labelSelector ? { labelSelector } : {}) };
}

/** The name that all objects have which the selector leaves, if it can be one's. */
function selectedName(selector: string): string {
  if (!selector.includes("metadata.name")) return "";
  try {
    const name = parseFieldSelector(selector).exactValue("metadata.name") ?? "";
    return name === "." || name === ".." || /[/%]/.test(name) ? "" : name;
  } catch {
    return "";
  }
}
