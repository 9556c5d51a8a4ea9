/** Finds duplicate keys, which JSON.parse swallows, in texts that it has accepted: only valid JSON comes here. */
import { formatPath, maxProblems, type Problem, type Segment } from "./problem.ts";

const backslash = 0x5c;
const colon = 0x3a;

/** How many object keys the text has. Hops from quote to quote, so that what lies between costs next to nothing. */
export function countKeys(text: string): number {
  let keys = 0;
  for (let start = text.indexOf('"'); start >= 0;) {
    const end = endOfString(text, start);
    const next = skipSpace(text, end);
    if (text.charCodeAt(next) === colon) keys++;
    start = text.indexOf('"', next);
  }
  return keys;
}

interface Level {
  /** Undefined in a list. */
  readonly keys: Set<string> | undefined;
  segment: Segment;
}

/** Every second and later occurrence of a key in its object, by its path. */
export function findDuplicates(text: string): Problem[] {
  return scan(text).map(({ problem }) => problem);
}

/**
 * What is unknown and what is doubled in a text, in the text's order, as a decoder would come across them. What is unknown is so only once, however often it
 * is there.
 */
export function inTextOrder(text: string, unknown: readonly Problem[]): Problem[] {
  const places = new Map<string, number>();
  const duplicates = scan(text, places);
  const names = new Set(unknown.map(({ path }) => formatPath(path)));
  const placed = [
    ...unknown.map((problem) => ({ problem, at: places.get(formatPath(problem.path)) ?? 0 })),
    ...duplicates.filter(({ problem }) => !names.has(formatPath(problem.path))),
  ];
  return placed.toSorted((a, b) => a.at - b.at).map(({ problem }) => problem);
}

interface Placed {
  readonly problem: Problem;
  /** Where in the text. */
  readonly at: number;
}

/** Duplicates. `places` gets where each path is first. */
function scan(text: string, places?: Map<string, number>): Placed[] {
  const duplicates: Placed[] = [];
  const levels: Level[] = [];
  for (let i = 0; i < text.length && duplicates.length < maxProblems; i++) {
    const level = levels.at(-1);
    switch (text[i]) {
      case "{":
        levels.push({ keys: new Set(), segment: "" });
        break;
      case "[":
        levels.push({ keys: undefined, segment: 0 });
        break;
      case "}":
      case "]":
        levels.pop();
        break;
      case ",":
        if (level && typeof level.segment === "number") level.segment++;
        break;
      case '"': {
        const end = endOfString(text, i);
        if (level?.keys && text.charCodeAt(skipSpace(text, end)) === colon) {
          // Parsed, since "a" and "\u0061" are one key.
          const key = JSON.parse(text.slice(i, end)) as string;
          level.segment = key;
          const isDoubled = level.keys.has(key);
          level.keys.add(key);
          if (isDoubled || places !== undefined) {
            const path = levels.map((l) => l.segment);
            const name = formatPath(path);
            const problem: Problem = { kind: "duplicate", path, message: `duplicate field "${name}"` };
            if (isDoubled) duplicates.push({ problem, at: i });
            else places!.set(name, i);
          }
        }
        i = end - 1;
      }
    }
  }
  return duplicates;
}

/** The index after the closing quote. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1);; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before--;
    if ((end - before) % 2 === 1) return end + 1;
  }
}

function skipSpace(text: string, from: number): number {
  let i = from;
  for (;; i++) {
    const code = text.charCodeAt(i);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return i;
  }
}
