/** Completion indexes as text: `1,3-5,7`, in order; what lies beyond `limit` is left out. */
export function parseIndexes(text: string | undefined, limit: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? "").split(",")) {
    const [first, last = first] = part.split("-").map((number) => /^[0-9]{1,9}$/.test(number) ? Number(number) : NaN);
    for (let index = first!; index <= Math.min(last!, limit - 1); index++) indexes.add(index);
  }
  return indexes;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const parts: string[] = [];
  let start: number | undefined;
  for (const index of [...indexes].sort((a, b) => a - b)) {
    start ??= index;
    if (indexes.has(index + 1)) continue;
    parts.push(start === index ? `${index}` : index === start + 1 ? `${start},${index}` : `${start}-${index}`);
    start = undefined;
  }
  return parts.join(",");
}
