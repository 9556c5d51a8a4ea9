import type { Environment } from "@marcbachmann/cel-js";
import { shortEscapes } from "../../../../api/meta/quote.ts";
import { formatText } from "./format_text.ts";

/** The receiver of `strings.quote(…)`: a name, no value. */
class Strings {}

/** What CEL's string extension has and the language's library has not. Positions count code points. */
export function registerStrings(environment: Environment): void {
  environment
    .registerFunction("string.charAt(int): string", charAt)
    .registerFunction(
      "string.replace(string, string): string",
      (text: string, from: string, to: string) => text.replaceAll(from, () => to),
    )
    .registerFunction("string.replace(string, string, int): string", replaceSome)
    .registerFunction("string.format(list): string", formatText)
    .registerType("Strings", Strings)
    .registerConstant("strings", "Strings", new Strings())
    .registerFunction("Strings.quote(string): string", (_: Strings, text: string) => quote(text));
}

/** As a literal of the language. */
function quote(text: string): string {
  return `"${[...text].map((character) => shortEscapes[character] ?? character).join("")}"`;
}

function charAt(text: string, at: bigint): string {
  const characters = [...text];
  const index = Number(at);
  if (index < 0 || index > characters.length) throw new RangeError(`index out of range: ${at}`);
  return characters[index] ?? "";
}

function replaceSome(text: string, from: string, to: string, count: bigint): string {
  let left = Number(count);
  if (left < 0) return text.replaceAll(from, () => to);
  return text.replaceAll(from, (found) => left-- > 0 ? to : found);
}
