import type { Schema } from "../schema/contract.ts";
import { schema as builtIn } from "../schema/schema.ts";
import {
  checkLength,
  type Decoded,
  type DecodeLimits,
  decodeValue,
  defaultLimits,
  type Expected,
  wrongTypes,
} from "./decode.ts";
import { countKeys, inTextOrder } from "./json_scan.ts";
import { DecodeError, type Position } from "./problem.ts";

export interface JSONOptions {
  readonly schema?: Schema;
  readonly limits?: DecodeLimits;
  /** False where nobody will hear of duplicate keys: the last one counts, as everywhere. */
  readonly duplicates?: boolean;
}

/**
 * Decodes one object. Throws a {@linkcode DecodeError}: `TooLarge`, `Syntax`, `MissingKind`, `WrongKind`, or `WrongType` with all
 * wrong values; unknown and duplicate fields are in `problems`. An integer may be written `1.0` or `1e3`, which upstream refuses.
 */
export function decodeJSON(text: string, expected: Expected = {}, options: JSONOptions = {}): Decoded {
  checkLength(text, options.limits ?? defaultLimits);
  const { object, message, unknown, wrong, keys } = decodeValue(parse(text), expected, options.schema ?? builtIn);
  if (wrong.length > 0) throw wrongTypes(wrong);
  // JSON.parse keeps one of several equal keys: then the text has more of them than the value.
  const isDoubled = options.duplicates !== false && countKeys(text) !== keys;
  return { object, message, problems: isDoubled ? inTextOrder(text, unknown) : unknown };
}

const surrogate = /\\u[dD][89a-fA-F]/;

/** Half a character, which only an escape can be, becomes the sign for one that could not be read: it could not be sent on as it is. */
function wellFormed(_: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}

function parse(text: string): unknown {
  try {
    return surrogate.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch (error) {
    const said = (error as SyntaxError).message;
    const at = / \(line ([0-9]+) column ([0-9]+)\)$/.exec(said);
    const position: Position | undefined = at ? { line: Number(at[1]), column: Number(at[2]) } : undefined;
    const why = said.replace(/ in JSON at position [0-9]+.*$/, "");
    const where = position ? `line ${position.line}, column ${position.column}: ` : "";
    throw new DecodeError("Syntax", `invalid JSON: ${where}${why}`, position && { position });
  }
}
