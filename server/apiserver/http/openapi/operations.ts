import { apiVersionOf } from "../../../../api/resource.ts";
import type { ResourceRow, SubresourceRow } from "../../../../api/schema/contract.ts";
import type { Kind } from "./definitions.ts";
import {
  byName,
  nameParameter,
  namespaceParameter,
  type OptionParameters,
  type Parameter,
  pathParameter,
  prettyParameter,
} from "./parameters.ts";
import { descriptionOf, idOf, type Subject, tagOf } from "./words.ts";

export type Method = "get" | "put" | "post" | "patch" | "delete" | "head" | "options";

/** What documents of both versions say of one operation; the versions differ in how they write parameters and bodies. */
export interface Operation {
  readonly method: Method;
  /** Upstream's word: `list`, `deletecollection`; undefined for discovery. */
  readonly action: string | undefined;
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  readonly kind: Kind | undefined;
  /** Those that not every operation of the path takes. */
  readonly parameters: readonly Parameter[];
  /** The object, a patch of it, or options. */
  readonly body: "object" | "patch" | "deleteOptions" | undefined;
  readonly answer: "object" | "list" | "text" | "status" | "event" | "resources" | "group" | "groups" | "versions";
  /** Of the answers that have that content; 401 is always among the answers. */
  readonly codes: readonly (200 | 201 | 202)[];
  /** What is sent: objects, also as a stream of events, lines of text among others, or anything. */
  readonly produces: "objects" | "events" | "lines" | "anything";
}

export interface PathOperations {
  readonly path: string;
  /** Of the path itself, and those that every operation takes. */
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

/** An action: how it is asked for, which options it takes, what it takes and gives. */
interface Action extends Pick<Operation, "method" | "body" | "answer" | "codes" | "produces"> {
  readonly options: readonly string[];
  readonly without?: readonly string[];
}

const reading = { body: undefined, codes: [200], options: [] } as const;
const actions: Readonly<Record<string, Action>> = {
  list: { ...reading, method: "get", answer: "list", produces: "events", options: ["ListOptions"] },
  watch: { ...reading, method: "get", answer: "event", produces: "events", options: ["ListOptions"] },
  get: { ...reading, method: "get", answer: "object", produces: "objects" },
  post: {
    method: "post",
    body: "object",
    answer: "object",
    produces: "objects",
    codes: [200, 201, 202],
    options: ["CreateOptions"],
  },
  put: {
    method: "put",
    body: "object",
    answer: "object",
    produces: "objects",
    codes: [200, 201],
    options: ["UpdateOptions"],
  },
  patch: {
    method: "patch",
    body: "patch",
    answer: "object",
    produces: "objects",
    codes: [200, 201],
    options: ["PatchOptions"],
  },
  delete: {
    method: "delete",
    body: "deleteOptions",
    answer: "status",
    produces: "objects",
    codes: [200, 202],
    options: ["DeleteOptions"],
  },
  deletecollection: {
    method: "delete",
    body: "deleteOptions",
    answer: "status",
    produces: "objects",
    codes: [200],
    options: ["DeleteOptions", "ListOptions"],
    without: ["allowWatchBookmarks", "watch"],
  },
};

/** In the order of the documents: the verb of a resource, and the action it stands for. */
const ofCollections = [["list", "list"], ["create", "post"], ["deletecollection", "deletecollection"]] as const;
const ofObjects = [["get", "get"], ["update", "put"], ["patch", "patch"], ["delete", "delete"]] as const;
const ofSubresources = [["get", "get"], ["update", "put"], ["patch", "patch"], ["create", "post"]] as const;

/** Streams that clients connect to, and the methods by which they do. */
const connections: Readonly<Record<string, readonly Method[]>> = {
  attach: ["get", "post"],
  exec: ["get", "post"],
  portforward: ["get", "post"],
  proxy: ["get", "put", "post", "delete", "options", "head", "patch"],
};

/** Whose deletion answers with the object itself. */
const answeredWithTheObject: ReadonlySet<string> = new Set([
  ...["persistentvolumeclaims", "pods", "podtemplates", "resourcequotas", "serviceaccounts", "services"],
  "persistentvolumes",
  ...["deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"],
  ...["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"],
]);

/** The paths of one resource with what can be done there. */
export function pathsOf(row: ResourceRow, options: OptionParameters): PathOperations[] {
  const root = rootOf(row);
  const inNamespace = row.namespaced ? [namespaceParameter] : [];
  const scope = row.namespaced ? `namespaces/{namespace}/${row.resource}` : row.resource;
  const one = (of: Kind) => [nameParameter(of.kind), ...inNamespace];
  const make = (action: string, of: Kind, subject: Partial<Subject> = {}) =>
    operation(action, { row, subresource: "", everywhere: false, ...subject }, of, options);
  const all = (
    verbs: typeof ofCollections | typeof ofObjects | typeof ofSubresources,
    of: ResourceRow | SubresourceRow,
  ) =>
    verbs.filter(([verb]) => of.verbs.includes(verb)).map(([, action]) =>
      make(action, of, of === row ? {} : { subresource: (of as SubresourceRow).name })
    );
  const everywhere = row.namespaced ? { everywhere: true } : {};
  const watched = row.verbs.includes("watch");
  const paths = [
    together(`${root}/${scope}`, inNamespace, all(ofCollections, row)),
    together(`${root}/${scope}/{name}`, one(row), all(ofObjects, row)),
    ...row.subresources.flatMap((sub) => {
      const path = `${root}/${scope}/{name}/${sub.name}`;
      const methods = connections[sub.name];
      if (sub.name === "log") {
        return [together(path, one(row), [logs(make("get", row, { subresource: "log" }), options)])];
      }
      if (methods === undefined) return [together(path, one(sub), all(ofSubresources, sub))];
      const connected = (withPath: boolean) =>
        methods.map((method) => connection({ row, subresource: sub.name, method, withPath }, sub, options));
      return [
        together(path, one(sub), connected(false)),
        ...(sub.name === "proxy" ? [together(`${path}/{path}`, [...one(sub), pathParameter], connected(true))] : []),
      ];
    }),
    ...(row.namespaced && row.verbs.includes("list")
      ? [together(`${root}/${row.resource}`, [], [make("list", row, everywhere)])]
      : []),
    ...(watched
      ? [
        together(`${root}/watch/${row.resource}`, [], [make("watchlist", row, everywhere)]),
        ...(row.namespaced ? [together(`${root}/watch/${scope}`, inNamespace, [make("watchlist", row)])] : []),
        together(`${root}/watch/${scope}/{name}`, one(row), [make("watch", row)]),
      ]
      : []),
  ];
  return paths.filter((path) => path.operations.length > 0);
}

function rootOf({ group, version }: ResourceRow): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** A path whose operations name alone what not all of them take. */
function together(path: string, parameters: readonly Parameter[], operations: readonly Operation[]): PathOperations {
  const [first] = operations;
  const key = ({ name, description }: Parameter) => `${name} ${description}`;
  const others = operations.slice(1).map((of) => new Set(of.parameters.map(key)));
  const common = first?.parameters.filter((one) => others.every((of) => of.has(key(one)))) ?? [];
  const keys = new Set(common.map(key));
  const pretty = first?.action === "connect" ? [] : [prettyParameter];
  return {
    path,
    parameters: [...parameters, ...common, ...pretty].toSorted(byName),
    operations: operations.map((of) => ({ ...of, parameters: of.parameters.filter((one) => !keys.has(key(one))) })),
  };
}

function operation(action: string, subject: Subject, of: Kind, options: OptionParameters): Operation {
  const row = actions[action === "watchlist" ? "watch" : action]!;
  const { options: messages, without, ...rest } = row;
  const { group, version, kind } = of;
  const onObject = action === "delete" && answeredWithTheObject.has(subject.row.resource);
  return {
    ...rest,
    action,
    id: idOf(action, subject),
    description: descriptionOf(action, subject),
    tag: tagOf(subject.row),
    kind: { group, version, kind },
    parameters: messages.flatMap((name) => options("v1", name)).filter(({ name }) => !without?.includes(name))
      .toSorted(byName),
    ...(onObject && { answer: "object" }),
  };
}

function logs(get: Operation, options: OptionParameters): Operation {
  const parameters = options("v1", "PodLogOptions");
  return { ...get, parameters, answer: "text", produces: "lines" };
}

function connection(
  subject: Pick<Subject, "row" | "subresource"> & { readonly method: Method; readonly withPath: boolean },
  { group, version, kind }: SubresourceRow,
  options: OptionParameters,
): Operation {
  const whole: Subject = { ...subject, everywhere: false };
  return {
    method: subject.method,
    action: "connect",
    id: idOf("connect", whole),
    description: descriptionOf("connect", whole),
    tag: tagOf(subject.row),
    kind: { group, version, kind },
    parameters: options(apiVersionOf({ group, version }), kind),
    body: undefined,
    answer: "text",
    codes: [200],
    produces: "anything",
  };
}
