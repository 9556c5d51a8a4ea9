/** What has an escape of one letter in texts of Go, and of CEL. */
export const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Besides the two with a meaning of their own, all that leaves no mark on paper. */
const escaped = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu;

/** A text as a literal of Go, as its `%q` prints it: quoted, and with what cannot be seen written as its code. */
export function quote(text: string): string {
  return `"${text.replaceAll(escaped, (character) => shortEscapes[character] ?? escape(character.codePointAt(0)!))}"`;
}

function escape(code: number): string {
  const [letter, digits] = code < 0x80 ? ["x", 2] as const : code < 0x1_0000 ? ["u", 4] as const : ["U", 8] as const;
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}
