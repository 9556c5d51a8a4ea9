/**
 * Whether the calls of several clients on one key could have happened one at a time, each at some moment between its call and its return: linearizability
 * (Herlihy and Wing, 1990). The search is Wing and Gong's (Testing and Verifying Concurrent Objects, 1993) with the memory of configurations that Lowe
 * added (Testing for linearizability, 2017): the set of calls that were placed, with the state after them, is tried once.
 */
import { type Call, type RegisterOperation, shownCall } from "./history.ts";

type State = string | undefined;

/** Why there is no such order. */
export interface Violation {
  /** As many calls as could be placed, in their order. */
  readonly placed: readonly Call[];
  /** The call that had returned then, and does not fit anywhere. */
  readonly stuck: Call;
}

/** A call or a return in a list in the order of time; what is placed is unlinked, and linked again when the search goes back. */
interface Event {
  readonly call: Call;
  readonly index: number;
  /** Of a call; undefined for a return, and for a call that never returned. */
  readonly end: Event | undefined;
  readonly isReturn: boolean;
  previous: Event | undefined;
  next: Event | undefined;
}

/** What it takes, and what it leaves behind; undefined when it cannot happen in that state. */
function apply(operation: RegisterOperation, state: State): { readonly state: State } | undefined {
  if (operation.kind === "write") return { state: operation.value };
  const needed = operation.kind === "read" ? operation.value : operation.from;
  return needed === state ? { state: operation.value } : undefined;
}

/** The first violation that is found in the calls on one key, which starts as `initial`; undefined when there is none. */
export function checkRegister(calls: readonly Call[], initial?: string): Violation | undefined {
  const relevant = withoutUnseen(calls);
  const head = link(relevant);
  const placedSet = new Placed(relevant.length);
  const tried = new Set<string>();
  const stack: { event: Event; state: State }[] = [];
  let left = relevant.filter(({ returned }) => returned !== Infinity).length;
  let state: State = initial;
  let best: readonly Call[] = [];
  let stuck: Call | undefined;
  let event = head.next;
  while (left > 0) {
    if (event && !event.isReturn) {
      const applied = apply(event.call.operation, state);
      if (applied && remember(tried, placedSet.with(event.index), applied.state)) {
        stack.push({ event, state });
        placedSet.add(event.index);
        state = applied.state;
        unlink(event);
        if (event.end) left--;
        event = head.next;
      } else {
        event = event.next;
      }
      continue;
    }
    // Everything before this return has been tried in this state: the call must be placed, and cannot be.
    if (event && (!stuck || stack.length > best.length)) {
      stuck = event.call;
      best = stack.map(({ event }) => event.call);
    }
    const last = stack.pop();
    if (!last) return { placed: best, stuck: stuck! };
    state = last.state;
    placedSet.delete(last.event.index);
    relink(last.event);
    if (last.event.end) left++;
    event = last.event.next;
  }
  return undefined;
}

/** For people. */
export function shownViolation({ placed, stuck }: Violation): string {
  return [
    "this call fits nowhere:",
    `  ${shownCall(stuck)}`,
    `after these ${placed.length}, of which the last are:`,
    ...placed.slice(-10).map((call) => `  ${shownCall(call)}`),
  ].join("\n");
}

/** Who never learned its outcome and left nothing that anybody has seen may as well not have happened: it would double the search. */
function withoutUnseen(calls: readonly Call[]): readonly Call[] {
  const seen = new Set<State>();
  for (const { operation } of calls) {
    if (operation.kind === "read") seen.add(operation.value);
    if (operation.kind === "swap") seen.add(operation.from);
  }
  return calls.filter(({ operation, returned }) => returned !== Infinity || seen.has(operation.value));
}

function link(calls: readonly Call[]): Event {
  const events = calls.flatMap((call, index) => {
    const end = call.returned === Infinity ? [] : [{ ...BLANK, call, index, isReturn: true }];
    return [{ at: call.called, event: { ...BLANK, call, index, end: end[0] } as Event }].concat(
      end.map((event) => ({ at: call.returned, event })),
    );
  });
  // At the same moment a call comes first: the two then are concurrent.
  events.sort((a, b) => a.at - b.at || Number(a.event.isReturn) - Number(b.event.isReturn));
  const head = { ...BLANK } as unknown as Event;
  let last = head;
  for (const { event } of events) {
    event.previous = last;
    last = last.next = event;
  }
  return head;
}

const BLANK = { end: undefined, isReturn: false, previous: undefined, next: undefined } as const;

function unlink(event: Event): void {
  for (const one of [event, event.end]) {
    if (!one) continue;
    one.previous!.next = one.next;
    if (one.next) one.next.previous = one.previous;
  }
}

/** In the other order: the call may be what its return was behind. */
function relink(event: Event): void {
  for (const one of [event.end, event]) {
    if (!one) continue;
    one.previous!.next = one;
    if (one.next) one.next.previous = one;
  }
}

/** A set of calls, by index. */
class Placed {
  readonly #words: Uint16Array;

  constructor(size: number) {
    this.#words = new Uint16Array(Math.ceil(size / 16));
  }

  add(index: number): void {
    this.#words[index >>> 4]! |= 1 << (index & 15);
  }

  delete(index: number): void {
    this.#words[index >>> 4]! &= ~(1 << (index & 15));
  }

  /** The set with one more, as text. */
  with(index: number): string {
    this.add(index);
    const text = String.fromCharCode(...this.#words);
    this.delete(index);
    return text;
  }
}

/** False when it has been tried before. */
function remember(tried: Set<string>, placed: string, state: State): boolean {
  const configuration = `${placed}${state === undefined ? "" : `=${state}`}`;
  if (tried.has(configuration)) return false;
  tried.add(configuration);
  return true;
}
