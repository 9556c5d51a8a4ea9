import { compare } from "./compare.ts";
import { decoded } from "./decoded.ts";
import { compareHeaders } from "./headers.ts";
import type { Report } from "./report.ts";
import type { Answer, Pair, Request, Sides } from "./sides.ts";

/** Where what is namespaced is made; it is there on both sides. */
export const NAMESPACE = "diff";

/** Requests in flight. */
const AT_ONCE = 12;

/** What each suite of comparisons is given. */
export interface SuiteOptions {
  readonly sides: Sides;
  readonly report: Report;
  /** Of `group/resource`. */
  readonly focus: RegExp;
  /** In (0, 1]: the part of the mutations that is sent. */
  readonly share: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly progress: (line: string) => void;
}

/** Does the work for every item, some at a time. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const item of rest) await work(item);
  }));
}

/** A part of a suite; `of` is what its cases are told under. */
export type Section = (options: SuiteOptions, of: string) => Promise<void>;

/** Runs the sections whose `suite/name` the focus chooses, one after the other. */
export async function compareSections(
  suite: string,
  sections: Readonly<Record<string, Section>>,
  options: SuiteOptions,
): Promise<void> {
  for (const [name, section] of Object.entries(sections)) {
    const of = `${suite}/${name}`;
    if (!options.focus.test(of)) continue;
    await section(options, of);
    options.progress(`${of}: ${options.report.summary()}`);
  }
}

/** Sends the same to both servers, compares the answers with their headers, and returns them. */
export async function ask(pair: Pair, report: Report, of: string, request: Request): Promise<[Answer, Answer]> {
  const answers = await Promise.all([pair.theirs.send(request), pair.ours.send(request)]);
  const { method, path, headers, body } = request;
  const sent = [headers && JSON.stringify(headers), body !== undefined && JSON.stringify(body)].filter(Boolean);
  report.add([...compareHeaders(...answers), ...compare(decoded(answers[0]), decoded(answers[1]))], {
    of,
    what: `${method} ${path}`,
    sent: sent.join(" "),
  });
  return answers;
}
