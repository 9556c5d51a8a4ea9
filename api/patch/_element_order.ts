/**
 * The order of a merged list. The elements that the patch names come in the patch's order, the others keep the order they
 * had, and the two sequences are woven together by where their elements stood in the original list.
 *
 * `keyOf` gives what tells elements apart; `patchOrder` and `original` are keys.
 */
export function orderElements<T>(
  merged: readonly T[],
  keyOf: (element: T) => unknown,
  patchOrder: readonly unknown[],
  original: readonly unknown[],
): T[] {
  const inPatch = positions(patchOrder);
  const inOriginal = positions(original);
  const byPosition = (places: ReadonlyMap<unknown, number>) => (a: T, b: T) =>
    (places.get(keyOf(a)) ?? Infinity) - (places.get(keyOf(b)) ?? Infinity) || 0;
  const named = merged.filter((element) => inPatch.has(keyOf(element))).sort(byPosition(inPatch));
  const others = merged.filter((element) => !inPatch.has(keyOf(element))).sort(byPosition(inOriginal));

  const woven: T[] = [];
  let next = 0;
  for (const element of named) {
    const place = inOriginal.get(keyOf(element));
    // An element that is new to the list stands before what is left of the others, as upstream has it.
    while (next < others.length && place !== undefined && inOriginal.get(keyOf(others[next]!))! < place) {
      woven.push(others[next++]!);
    }
    woven.push(element);
  }
  return [...woven, ...others.slice(next)];
}

function positions(keys: readonly unknown[]): Map<unknown, number> {
  const places = new Map<unknown, number>();
  keys.forEach((key, position) => {
    if (!places.has(key)) places.set(key, position);
  });
  return places;
}
