/**
 * A vitest-compatible face over `Deno.test`: `import { describe, expect, it, vi } from "vitest"` works in both.
 * vitest's own `describe` needs its runner; this one registers each `it` with `Deno.test`, so that filtering, parallel files
 * and one result per `it` are Deno's own.
 */
import { expect as jestExpect } from "expect";
import * as spy from "@vitest/spy";

type Body = () => void | Promise<void>;
type Hook = () => unknown;
interface Options {
  timeout?: number;
}

interface Suite {
  name: string;
  parent: Suite | undefined;
  beforeEach: Hook[];
  afterEach: Hook[];
  beforeAll: Hook[];
  afterAll: Hook[];
  /** `it`s of this suite and below that have not ended; the last one runs `afterAll`. */
  remaining: number;
  started: boolean;
}

function suite(name: string, parent?: Suite): Suite {
  return { name, parent, beforeEach: [], afterEach: [], beforeAll: [], afterAll: [], remaining: 0, started: false };
}

const root = suite("");
let current = root;
/** Whose `beforeAll` has run and whose `afterAll` has not. */
const unfinished = new Set<Suite>();

// Tests that `--filter` leaves out never run, so that their suite would wait for them for ever.
Deno.test.afterAll(async () => {
  for (const s of [...unfinished].toReversed()) await finish(s);
});

async function finish(s: Suite): Promise<void> {
  unfinished.delete(s);
  for (const hook of s.afterAll.toReversed()) await hook();
}

function chain(of: Suite): Suite[] {
  return of.parent ? [...chain(of.parent), of] : [of];
}

async function withTimeout(body: Body, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`test did not end within ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([(async () => await body())(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

async function run(owner: Suite, body: Body, timeout: number): Promise<void> {
  const suites = chain(owner);
  try {
    for (const s of suites) {
      if (!s.started) {
        s.started = true;
        unfinished.add(s);
        for (const hook of s.beforeAll) await hook();
      }
    }
    for (const s of suites) for (const hook of s.beforeEach) await hook();
    try {
      await withTimeout(body, timeout);
    } finally {
      for (const s of suites.toReversed()) for (const hook of s.afterEach.toReversed()) await hook();
    }
  } finally {
    for (const s of suites.toReversed()) {
      s.remaining--;
      if (s.remaining === 0) await finish(s);
    }
  }
}

function register(name: string, optionsOrBody: Options | Body, bodyOrTimeout?: Body | number, ignore = false): void {
  const body = typeof optionsOrBody === "function" ? optionsOrBody : bodyOrTimeout as Body;
  const options = typeof optionsOrBody === "function" ? {} : optionsOrBody;
  const timeout = typeof bodyOrTimeout === "number" ? bodyOrTimeout : options.timeout ?? 30_000;
  const owner = current;
  if (!ignore) { for (const s of chain(owner)) s.remaining++; }
  Deno.test({
    name: [...chain(owner).map((s) => s.name).filter(Boolean), name].join(" > "),
    ignore,
    // Hooks of a suite open and close resources across tests, which Deno's per-test sanitizers would take for leaks.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => run(owner, body, timeout),
  });
}

/** One test. `it(name, body)`, `it(name, body, timeoutMs)` or `it(name, { timeout }, body)`; 30 s by default. */
export const it = Object.assign(
  (name: string, a: Options | Body, b?: Body | number) => register(name, a, b),
  {
    skip: (name: string, a: Options | Body, b?: Body | number) => register(name, a, b, true),
    skipIf: (condition: boolean) => (name: string, a: Options | Body, b?: Body | number) =>
      register(name, a, b, condition),
    each: <T>(rows: readonly T[]) => (name: string, body: (row: T) => void | Promise<void>, timeout?: number): void => {
      for (const row of rows) {
        const shown = typeof row === "object" ? JSON.stringify(row) : String(row);
        register(name.includes("%s") ? name.replace("%s", shown) : `${name} ${shown}`, () => body(row), timeout);
      }
    },
  },
);
export const test = it;

/** A named group of tests, with hooks of its own. */
export function describe(name: string, body: () => void): void {
  const outer = current;
  current = suite(name, outer);
  try {
    body();
  } finally {
    current = outer;
  }
}

export function beforeEach(hook: Hook): void {
  current.beforeEach.push(hook);
}
export function afterEach(hook: Hook): void {
  current.afterEach.push(hook);
}
export function beforeAll(hook: Hook): void {
  current.beforeAll.push(hook);
}
export function afterAll(hook: Hook): void {
  current.afterAll.push(hook);
}

export const expect = jestExpect;

/** The part of vitest's `vi` that the tests use. */
export const vi = { fn: spy.fn, spyOn: spy.spyOn };
