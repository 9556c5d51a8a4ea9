import type { Environment } from "@marcbachmann/cel-js";

/** Kubernetes' functions on regular expressions, which are JavaScript's here: RE2's without its guarantee of linear time. */
export function registerRegex(environment: Environment): void {
  environment
    .registerFunction(
      "string.find(string): string",
      (text: string, pattern: string) => new RegExp(pattern, "u").exec(text)?.[0] ?? "",
    )
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) => findAll(text, pattern))
    .registerFunction(
      "string.findAll(string, int): list<string>",
      (text: string, pattern: string, limit: bigint) =>
        limit < 0n ? findAll(text, pattern) : findAll(text, pattern).slice(0, Number(limit)),
    );
}

function findAll(text: string, pattern: string): string[] {
  let end = -1;
  return [...text.matchAll(new RegExp(pattern, "gu"))].flatMap(({ 0: found, index }) => {
    // Nothing right behind something is not found again, in RE2.
    const isSame = found === "" && index === end;
    end = index + found.length;
    return isSame ? [] : [found];
  });
}
