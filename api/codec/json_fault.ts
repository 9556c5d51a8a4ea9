/**
 * What is wrong with a text that is no JSON, in the words of Go's decoder, which scripts and clients know from Kubernetes. Only for texts that JSON.parse has
 * refused. Undefined where nothing is found after all.
 */
export function jsonFault(text: string): string | undefined {
  try {
    const scanner = new Scanner(text);
    scanner.value();
    scanner.end();
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
  return undefined;
}

/** As Go's decoder calls it. */
export function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** What Go's decoder says of a value where an object belongs. */
export function notAnObject(value: unknown): string {
  return `json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type map[string]interface {}`;
}

class Fault extends Error {}

const literals: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };
const escapes = '"\\/bfnrt';
const maxDepth = 10_000;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#refuse("after top-level value");
  }

  /** Without recursion: the text may nest as deeply as it likes. */
  value(): void {
    const open: ("{" | "[")[] = [];
    this.#space();
    while (true) {
      const character = this.#peek();
      if (character === "{" || character === "[") {
        if (open.length >= maxDepth) throw new Fault("exceeded max depth");
        open.push(character);
        this.#at++;
        this.#space();
        if (this.#peek() !== (character === "{" ? "}" : "]")) {
          if (character === "{") this.#key();
          continue;
        }
      } else this.#scalar();
      if (!this.#next(open)) return;
    }
  }

  /** What follows a value, up to the next one. False after the last one. */
  #next(open: ("{" | "[")[]): boolean {
    while (open.length > 0) {
      this.#space();
      const character = this.#peek();
      const inObject = open.at(-1) === "{";
      if (character === ",") {
        this.#at++;
        this.#space();
        if (inObject) this.#key();
        return true;
      }
      if (character !== (inObject ? "}" : "]")) {
        this.#refuse(inObject ? "after object key:value pair" : "after array element");
      }
      this.#at++;
      open.pop();
    }
    return false;
  }

  #key(): void {
    if (this.#peek() !== '"') this.#refuse("looking for beginning of object key string");
    this.#string();
    this.#space();
    if (this.#peek() !== ":") this.#refuse("after object key");
    this.#at++;
    this.#space();
  }

  #scalar(): void {
    const character = this.#peek();
    if (character === '"') return this.#string();
    if (character === "-" || /[0-9]/.test(character)) return this.#number();
    const literal = literals[character];
    if (literal === undefined) this.#refuse("looking for beginning of value");
    for (const expected of literal!) {
      if (this.#peek() !== expected) this.#refuse(`in literal ${literal} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #string(): void {
    this.#at++;
    while (true) {
      const character = this.#peek();
      if (character < " ") this.#refuse("in string literal");
      this.#at++;
      if (character === '"') return;
      if (character !== "\\") continue;
      const escape = this.#peek();
      if (escape !== "u" && !escapes.includes(escape)) this.#refuse("in string escape code");
      this.#at++;
      for (let digit = 0; escape === "u" && digit < 4; digit++, this.#at++) {
        if (!/[0-9a-f]/i.test(this.#peek())) this.#refuse("in \\u hexadecimal character escape");
      }
    }
  }

  #number(): void {
    if (this.#peek() === "-") this.#at++;
    if (this.#peek() === "0") this.#at++;
    else this.#digits("in numeric literal");
    if (this.#text[this.#at] === ".") {
      this.#at++;
      this.#digits("after decimal point in numeric literal");
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/[+-]/.test(this.#peek())) this.#at++;
      this.#digits("in exponent of numeric literal");
    }
  }

  #digits(where: string): void {
    if (!/[0-9]/.test(this.#peek())) this.#refuse(where);
    while (/[0-9]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #peek(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw new Fault("unexpected end of JSON input");
    return character;
  }

  #refuse(where: string): never {
    throw new Fault(`invalid character ${quoted(this.#text[this.#at]!)} ${where}`);
  }
}

/** Of what is not ASCII the first byte, as the decoder works on bytes. */
function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  const [byte = 0] = new TextEncoder().encode(character);
  return `'${JSON.stringify(String.fromCharCode(byte)).slice(1, -1)}'`;
}
