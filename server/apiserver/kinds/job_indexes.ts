/** Says which part of a list of indexes is wrong, and how. */
export class IndexesError extends Error {
  override readonly name = "IndexesError";
}

type Interval = readonly [from: number, to: number];

/** How many indexes `1,3-5` names. They rise, and each is below `completions`; throws an IndexesError where they do not. */
export function countIndexes(text: string, completions: number): number {
  let count = 0;
  let last = -1;
  for (const fragment of fragmentsOf(text)) {
    const [from, to] = intervalOf(fragment, completions);
    if (last >= 0) requireRising(last, from);
    count += to - from + 1;
    last = to;
  }
  return count;
}

/** The first index that two rising lists have in common. What is no interval counts for nothing. */
export function overlapOf(one: string, other: string, completions: number): number | undefined {
  const [left, right] = [one, other].map((text) => intervalsOf(text, completions)) as [Interval[], Interval[]];
  for (let [i, j] = [0, 0]; i < left.length && j < right.length;) {
    const [a, b] = [left[i]!, right[j]!];
    if (a[0] <= b[1] && b[0] <= a[1]) return Math.max(a[0], b[0]);
    if (a[0] <= b[0]) i++;
    else j++;
  }
  return undefined;
}

function intervalsOf(text: string, completions: number): Interval[] {
  return fragmentsOf(text).flatMap((fragment) => {
    try {
      return [intervalOf(fragment, completions)];
    } catch (error) {
      if (error instanceof IndexesError) return [];
      throw error;
    }
  });
}

function fragmentsOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(",");
}

/** `7` or `3-5`. */
function intervalOf(fragment: string, completions: number): Interval {
  const [first, ...more] = fragment.split("-");
  if (more.length > 1) {
    const rule = "the requirement that an index interval can have at most two parts separated by '-'";
    throw new IndexesError(`the fragment ${JSON.stringify(fragment)} violates ${rule}`);
  }
  const from = indexOf(first!, completions);
  const to = more.length === 0 ? from : indexOf(more[0]!, completions);
  if (more.length > 0) requireRising(from, to);
  return [from, to];
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
