import type { KubeObject } from "../../../api/resource.ts";

/** One column of what `kubectl get` prints for a kind. */
export interface Column<T extends KubeObject = KubeObject> {
  readonly name: string;
  /** OpenAPI's: `string` unless given. */
  readonly type?: "string" | "integer" | "number" | "boolean" | "date";
  /** OpenAPI's: `name` for the column Name, nothing for the others, unless given. */
  readonly format?: "name";
  /** Only shown with `-o wide`. */
  readonly wide?: true;
  /** `now` in milliseconds. */
  cell(object: T, now: number): unknown;
}

/** Columns by `group/resource`. */
export type ColumnTable = Readonly<Record<string, readonly Column[]>>;

/** Bridges the kind of a row's columns and the table of all kinds. */
export function columns<T extends KubeObject>(...list: Column<T>[]): readonly Column[] {
  return list as unknown as readonly Column[];
}

export const name: Column = { name: "Name", cell: (object) => object.metadata.name ?? "" };

export const age: Column = {
  name: "Age",
  cell: (object, now) => since(object.metadata.creationTimestamp, now),
};

/** The list shows when each was made, as upstream; kubectl's describe tells how long ago that is. */
export const createdAt: Column = {
  name: "Created At",
  type: "date",
  cell: (object) => object.metadata.creationTimestamp ?? "<unknown>",
};

/** How long ago a time was, in kubectl's words; `<unknown>` without one. */
export function since(time: string | undefined, now: number): string {
  const at = time === undefined ? NaN : Date.parse(time);
  return Number.isNaN(at) ? "<unknown>" : humanDuration(now - at);
}

/** `5s`, `3m20s`, `5h`, `2d3h`, `400d`: two units while the first is small. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 24 * 8) return two(days, "d", hours % 24, "h");
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, "y", days % 365, "d") : `${years}y`;
}

function two(first: number, unit: string, second: number, smaller: string): string {
  return second === 0 ? `${first}${unit}` : `${first}${unit}${second}${smaller}`;
}

export function orNone(text: string | undefined): string {
  return text ? text : "<none>";
}

/** `a=b,c=d` in the order of the keys. */
export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return orNone(keys.map((key) => `${key}=${labels![key]}`).join(","));
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** A label selector in its one-line form. */
export function selectorText(selector: Selector | undefined): string {
  if (selector === undefined) return "<none>";
  const equal = Object.keys(selector.matchLabels ?? {}).map((key) => [key, `${key}=${selector.matchLabels![key]}`]);
  const others = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const list = `(${[...values].sort().join(",")})`;
    if (operator === "Exists") return [key, key];
    if (operator === "DoesNotExist") return [key, `!${key}`];
    return [key, `${key} ${operator === "In" ? "in" : "notin"} ${list}`];
  });
  return orNone([...equal, ...others].sort((a, b) => a[0]! < b[0]! ? -1 : 1).map(([, text]) => text).join(","));
}

interface WithTemplate {
  readonly spec?: { readonly containers: readonly { readonly name: string; readonly image?: string }[] } | undefined;
}

/** The two columns that every workload shows of its Pod template. */
export function containerColumns<T extends KubeObject>(
  template: (object: T) => WithTemplate | undefined,
  wide = true,
): Column<T>[] {
  const containers = (object: T) => template(object)?.spec?.containers ?? [];
  const shown = wide ? { wide } as const : {};
  return [
    { name: "Containers", ...shown, cell: (object) => containers(object).map((c) => c.name).join(",") },
    { name: "Images", ...shown, cell: (object) => containers(object).map((c) => c.image ?? "").join(",") },
  ];
}
