import { Buffer } from "node:buffer";
import { number } from "../etcd/descriptor.ts";
import { EtcdError } from "./errors.ts";
import { wireItem } from "./face.ts";
import { rangeOf } from "./keys.ts";
import type { Compare, WireItem } from "./messages.ts";
import type { View } from "./view.ts";

/** `Compare.target`. */
export const VERSION = 0;
export const CREATE = 1;
export const MOD = 2;
const VALUE = 3;
/** `Compare.result`. */
export const EQUAL = 0;

type Item = Required<WireItem>;

/** By target: how the item stands to what is given, below 0, 0 or above 0. */
const TARGETS: readonly ((item: Item, compare: Compare) => number)[] = [
  (item, { version }) => item.version - number(version),
  (item, { createRevision }) => item.createRevision - number(createRevision),
  (item, { modRevision }) => item.modRevision - number(modRevision),
  (item, { value }) => Buffer.compare(item.value, value),
  (item, { lease }) => Number(BigInt(item.lease) - BigInt(String(lease))),
];

/** By result: equal, greater, less, not equal. */
const RESULTS: readonly ((order: number) => boolean)[] = [
  (order) => order === 0,
  (order) => order > 0,
  (order) => order < 0,
  (order) => order !== 0,
];

const NOTHING: Item = {
  key: new Uint8Array(),
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: new Uint8Array(),
  lease: "0",
};

/** Whether all items of the compare's range are so; where there is none, an item of zeros stands for it, which has no value. */
export async function holds(compare: Compare, view: View): Promise<boolean> {
  const [target, result] = [TARGETS[compare.target], RESULTS[compare.result]];
  if (!target || !result) {
    throw new EtcdError(
      "invalidArgument",
      `compare of target ${compare.target} with result ${compare.result} is unknown`,
    );
  }
  const range = rangeOf(compare);
  const { items } = compare.rangeEnd.length > 0
    ? await view.list(range)
    : await view.get(range.start).then(({ item }) => ({ items: item ? [item] : [] }));
  if (items.length === 0) return compare.target !== VALUE && result(target(NOTHING, compare));
  return items.every((item) => result(target(wireItem(item), compare)));
}
