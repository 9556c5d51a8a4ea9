import type { Answer } from "./sides.ts";

type Json = Record<string, unknown>;

/** What the two servers said otherwise: where in the answer, theirs and ours. */
export interface Difference {
  readonly where: string;
  readonly theirs: string;
  readonly ours: string;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const NOW = new RegExp(`${new Date().toISOString().slice(0, 10)}T[0-9:.]+Z`, "g");

/** Compares code, warnings, and the Status that refuses or the object that is answered, less what each server chooses by itself. */
export function compare(theirs: Answer, ours: Answer): readonly Difference[] {
  const { found, add } = collector();
  add("code", theirs.code, ours.code);
  add("Warning", theirs.warnings.map(plain), ours.warnings.map(plain));
  const [a, b] = [normalised(theirs), normalised(ours)];
  if (isStatus(a) || isStatus(b)) {
    if (refusalOf(a) || refusalOf(b)) compareRefusals(refusalOf(a), refusalOf(b), add);
    else add("status", a, b);
  } else {
    differences(a, b, "", add);
  }
  return found;
}

/** Compares two documents field by field, less what each server chooses by itself. */
export function compareValues(theirs: unknown, ours: unknown): readonly Difference[] {
  const { found, add } = collector();
  differences(normalisedValue(theirs), normalisedValue(ours), "", add);
  return found;
}

function collector(): { readonly found: Difference[]; readonly add: Add } {
  const found: Difference[] = [];
  const add: Add = (where, a, b) => {
    const [x, y] = [textOf(a), textOf(b)];
    if (x !== y) found.push({ where, theirs: x, ours: y });
  };
  return { found, add };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "absent";
}

function isStatus(value: unknown): value is Json {
  return typeof value === "object" && value !== null && (value as Json)["kind"] === "Status";
}

interface Refusal {
  readonly head: string;
  readonly causes: readonly string[];
  readonly message: string;
}

/** Undefined for what is no refusal. Of several causes the message is a list in no order that is promised: they are compared by themselves. */
function refusalOf(value: unknown): Refusal | undefined {
  if (!isStatus(value) || value["status"] === "Success") return undefined;
  const { code, reason, message, details } = value as { code: number; reason: string; message: string; details?: Json };
  const { causes = [], ...rest } = details ?? {};
  return {
    head: `${code} ${reason} ${JSON.stringify(sorted(rest))}`,
    causes: (causes as Json[]).map((cause) =>
      // What is immutable is followed by a diff of Go's structs in upstream's messages, which ours leave out.
      `${cause["reason"]} ${cause["field"]}: ${String(cause["message"]).replace(/\n[^]*/, "")}`
    ),
    message: (causes as Json[]).length > 1 ? "" : message.replace(/\n[^]*/, ""),
  };
}

function compareRefusals(theirs: Refusal | undefined, ours: Refusal | undefined, add: Add): void {
  const said = (refusal: Refusal | undefined) => refusal ? "" : "accepted";
  const ourCauses = without(ours?.causes, theirs?.causes);
  for (const cause of without(theirs?.causes, ours?.causes)) {
    // The same reason and field in other words is one difference.
    const at = ourCauses.findIndex((other) => aboutOf(other) === aboutOf(cause));
    add("cause", cause, at < 0 ? said(ours) : ourCauses.splice(at, 1)[0]);
  }
  for (const cause of ourCauses) add("cause", said(theirs), cause);
  if (theirs?.causes.length && ours === undefined || ours?.causes.length && theirs === undefined) return;
  if (theirs?.head !== ours?.head) {
    add(
      "status",
      theirs ? `${theirs.head} ${theirs.message}` : "accepted",
      ours ? `${ours.head} ${ours.message}` : "accepted",
    );
  } else if (String(theirs?.causes) === String(ours?.causes)) add("message", theirs?.message, ours?.message);
}

/** The reason and the field of a cause, whichever the element of a list. */
function aboutOf(cause: string): string {
  return cause.slice(0, cause.indexOf(": ")).replaceAll(/\[\d+\]/g, "[]");
}

/** What `all` has oftener than `other`. */
function without(all: readonly string[] = [], other: readonly string[] = []): string[] {
  const rest = [...other];
  return all.filter((one) => {
    const at = rest.indexOf(one);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function normalised({ json, text }: Answer): unknown {
  return json === undefined ? plain(text) : normalisedValue(json);
}

function normalisedValue(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(plain(JSON.stringify(value)), revive);
}

function plain(text: string): string {
  return text.replaceAll(UUID, "UUID").replaceAll(NOW, "NOW").replaceAll(/10\.43\.\d+\.\d+/g, "10.43.x.x")
    .replaceAll(/x{20,}/g, "xxx…")
    .replaceAll(/\b(g-|Wrong_|y{58})[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "$1made")
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-xxxxx")
    .replaceAll(/(current: |too old resource version: \d+ \()\d+/g, "$1N")
    .replaceAll(/(ResourceVersion in (?:object meta: |record \())\d+/g, "$1N")
    .replaceAll(/eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+/g, (_, payload: string) => claimsOf(payload));
}

/** What a token says, less its times and its own name; quoted as it stands in JSON. */
function claimsOf(payload: string): string {
  const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  const { exp: _e, iat: _i, nbf: _n, jti: _j, ...claims } = JSON.parse(text) as Json;
  return JSON.stringify(JSON.stringify(sorted(claims))).slice(1, -1).replaceAll(UUID, "UUID");
}

function revive(this: unknown, key: string, value: unknown): unknown {
  // Descriptions of columns are texts for `kubectl explain`, which the program carries apart.
  if (key === "columnDefinitions") return (value as Json[] | null)?.map(({ description: _, ...column }) => column);
  // How old something is depends on when the answer is made.
  if (key === "cells") return (value as unknown[]).map((cell) => /^[0-9]+s$/.test(String(cell)) ? "AGE" : cell);
  if (key === "metadata" && typeof value === "object" && value !== null) {
    const { resourceVersion: _r, uid: _u, ...rest } = value as Json;
    if (rest["generateName"]) delete rest["name"];
    if (rest["continue"]) rest["continue"] = "TOKEN";
    if (Array.isArray(rest["managedFields"])) {
      rest["managedFields"] = rest["managedFields"].map(withoutTime).sort(byText);
    }
    return rest;
  }
  return value;
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function withoutTime(entry: Json): Json {
  const { time: _, ...rest } = entry;
  return rest;
}

type Add = (where: string, theirs: unknown, ours: unknown) => void;

function differences(a: unknown, b: unknown, path: string, add: Add): void {
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    a.forEach((element, index) => differences(element, b[index], `${path}[${index}]`, add));
  } else if (Array.isArray(a) && Array.isArray(b) && areNamed(a) && areNamed(b)) {
    // One more element would make all behind it look different.
    const [x, y] = [byName(a), byName(b)];
    for (const name of new Set([...x.keys(), ...y.keys()])) {
      differences(x.get(name), y.get(name), `${path}[${name}]`, add);
    }
  } else if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      differences(a[key], b[key], path === "" ? key : `${path}.${key}`, add);
    }
  } else add(path, sorted(a), sorted(b));
}

/** What an element of a list is known by among the others. */
function nameOf(element: unknown): string | undefined {
  if (!isObject(element)) return undefined;
  const { namespace = "", name = element["name"] ?? element["resource"] } = (element["metadata"] ?? {}) as Json;
  return typeof name === "string" ? `${namespace ? `${namespace}/` : ""}${name}` : undefined;
}

function areNamed(list: readonly unknown[]): boolean {
  return byName(list).size === list.length && list.every((element) => nameOf(element) !== undefined);
}

function byName(list: readonly unknown[]): Map<string | undefined, unknown> {
  return new Map(list.map((element) => [nameOf(element), element]));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same value with its keys in order. */
function sorted(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).toSorted().map((key) => [key, sorted(value[key])]));
}
