/** Says which part of a list of indexes is wrong, and how. */
export class IndexesError extends Error {
  override readonly name = "IndexesError";
}

/** How many indexes `1,3-5` names. They rise, and each is below `completions`; throws an IndexesError where they do not. */
export function countIndexes(text: string, completions: number): number {
  let count = 0;
  let last = -1;
  for (const interval of text === "" ? [] : text.split(",")) {
    const [first, ...more] = interval.split("-");
    if (more.length > 1) {
      const rule = "the requirement that an index interval can have at most two parts separated by '-'";
      throw new IndexesError(`the fragment ${JSON.stringify(interval)} violates ${rule}`);
    }
    const from = indexOf(first!, completions);
    const to = more.length === 0 ? from : indexOf(more[0]!, completions);
    if (more.length > 0) requireRising(from, to);
    if (last >= 0) requireRising(last, from);
    count += to - from + 1;
    last = to;
  }
  return count;
}

function indexOf(text: string, completions: number): number {
  if (!/^\+?\d+$/.test(text)) {
    throw new IndexesError(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  }
  if (Number(text) >= completions) throw new IndexesError(`too large index: ${JSON.stringify(text)}`);
  return Number(text);
}

function requireRising(previous: number, current: number): void {
  if (previous >= current) {
    throw new IndexesError(`non-increasing order, previous: ${previous}, current: ${current}`);
  }
}
