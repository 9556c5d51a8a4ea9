import type { Operation } from "../contract.ts";

/** Pairs of resource and writer; beyond it, the rest counts as one. */
const PAIRS_LIMIT = 1000;
/** managedFields lie at the beginning of a stored object; more of it is not searched. */
const SEARCHED = 32 * 1024;
const MANAGER = /"manager":"([^"\\]+)","operation":"(?:Update|Apply)"[^{}]*?"time":"([^"\\]+)"/g;
const COMPONENT = /"(?:reportingComponent|component|holderIdentity)":"([^"\\]+)"/;

export interface WriteCount {
  /** As in the key: `pods`, `services/specs`, `example.com/widgets`. */
  readonly resource: string;
  /** The field manager that wrote last, else the component that an Event or a Lease names, else empty. */
  readonly writer: string;
  readonly writes: number;
  /** Of them, those that were held for a later checkpoint. */
  readonly held: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/** Counts who writes how much. */
export class WriteCounts {
  readonly #counts = new Map<string, { -readonly [K in keyof WriteCount]: WriteCount[K] }>();

  add(operation: Operation, held: boolean): void {
    let resource = resourceOf(operation.key);
    let writer = operation.kind === "put" ? writerOf(operation.value) : "(deletion)";
    let found = this.#counts.get(`${resource} ${writer}`);
    if (!found) {
      if (this.#counts.size >= PAIRS_LIMIT) resource = writer = "(other)";
      found = this.#counts.get(`${resource} ${writer}`) ?? { resource, writer, writes: 0, held: 0, bytes: 0 };
      this.#counts.set(`${resource} ${writer}`, found);
    }
    found.writes++;
    if (held) found.held++;
    found.bytes += operation.key.length + (operation.kind === "put" ? operation.value.length : 0);
  }

  /** The most bytes first. */
  list(): WriteCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count })).sort((a, b) => b.bytes - a.bytes);
  }
}

/** What follows `/registry/`: the folder, with the one in it where the first is a group of several resources. */
export function resourceOf(key: string): string {
  const [, root, first = "", second = "", ...rest] = key.split("/");
  if (root !== "registry") return "(other)";
  const isGroup = first.includes(".") || first === "services";
  return isGroup && rest.length > 0 ? `${first}/${second}` : first;
}

export function writerOf(value: string): string {
  const text = value.length > SEARCHED ? value.slice(0, SEARCHED) : value;
  let writer = "";
  let newest = "";
  for (const [, manager, time] of text.matchAll(MANAGER)) {
    // Times are of one form and zone: they sort as text.
    if (time! >= newest) [writer, newest] = [manager!, time!];
  }
  return writer || (COMPONENT.exec(text)?.[1] ?? "");
}
