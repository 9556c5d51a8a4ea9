import type { LabelSelector } from "../../../api/types/meta_v1.ts";

/** A map as messages print it, by its keys; null when there is none. */
export function printedMap(map: Readonly<Record<string, string>> | undefined): Record<string, string> | null {
  return map === undefined ? null : Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => a < b ? -1 : 1));
}

/** A selector as messages print it, whatever the order in which it was sent; null when there is none. */
export function printedSelector(selector: LabelSelector | undefined): LabelSelector | null {
  if (selector === undefined) return null;
  const { matchLabels, matchExpressions } = selector;
  return {
    ...matchLabels && { matchLabels: printedMap(matchLabels)! },
    ...matchExpressions && {
      matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
        key,
        operator,
        ...values && { values },
      })),
    },
  };
}
