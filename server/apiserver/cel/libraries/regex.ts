import type { Environment } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";

/** Patterns that were compiled lately: most expressions have few, and use them again and again. */
const known = new Map<string, RE2JS>();
const mostKnown = 256;

/** Throws an error that says what is wrong with the pattern. */
export function compilePattern(pattern: string): RE2JS {
  let compiled = known.get(pattern);
  if (compiled === undefined) {
    compiled = RE2JS.compile(pattern);
    if (known.size >= mostKnown) known.delete(known.keys().next().value!);
    known.set(pattern, compiled);
  }
  return compiled;
}

/** Whether the pattern is found anywhere in the text. */
export function matches(text: string, pattern: string): boolean {
  return compilePattern(pattern).matcher(text).find();
}

/** Kubernetes' functions on regular expressions. */
export function registerRegex(environment: Environment): void {
  environment
    .registerFunction(
      "string.find(string): string",
      (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? "",
    )
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) => findAll(text, pattern))
    .registerFunction(
      "string.findAll(string, int): list<string>",
      (text: string, pattern: string, limit: bigint) => findAll(text, pattern, limit < 0n ? Infinity : Number(limit)),
    );
}

function findAll(text: string, pattern: string, limit = Infinity): string[] {
  const matcher = compilePattern(pattern).matcher(text);
  const found: string[] = [];
  let end = -1;
  while (found.length < limit && matcher.find()) {
    // Nothing right behind something is not found again, in RE2.
    if (matcher.start() < matcher.end() || matcher.start() !== end) found.push(matcher.group() ?? "");
    end = matcher.end();
  }
  return found;
}
