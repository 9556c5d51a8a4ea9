import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ParsedNode,
  stringify,
  type Tags,
} from "yaml";
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
import { maxDepth } from "./check.ts";
import { DecodeError, formatPath, maxProblems, type Position, type Problem, type Segment } from "./problem.ts";

export interface YAMLOptions {
  readonly schema?: Schema;
  readonly limits?: DecodeLimits;
}

export interface DecodedDocument extends Decoded {
  /** Where the document's content begins in the text. */
  readonly position: Position;
}

/** Documents in one text. */
const maxDocuments = 1000;
/** How much aliases may add up to: a short text of nested ones would otherwise fill the memory. */
const maxAliasCount = 100;

/**
 * Decodes every document of a text, empty ones left out. Throws a {@linkcode DecodeError} as `decodeJSON` does, its messages and
 * positions in lines and columns of the whole text; the wrong values of all documents are in one error.
 * The dialect is the one of Kubernetes' tools, YAML 1.1 in short: `yes` is a boolean and 0644 is octal, but a date or
 * `22:22` is a string.
 */
export function decodeYAML(text: string, expected: Expected = {}, options: YAMLOptions = {}): DecodedDocument[] {
  checkLength(text, options.limits ?? defaultLimits);
  const lines = new LineCounter();
  const sources = parse(text, lines);
  const wrong: Problem[] = [];
  const decoded = sources.map((source) => {
    const locate = (at: number): Position => ({ line: lines.linePos(at).line, column: lines.linePos(at).col });
    const document = decodeDocument(source, expected, options.schema ?? builtIn, locate);
    wrong.push(...document.wrong);
    return document.decoded;
  });
  if (wrong.length > 0) throw wrongTypes(wrong.slice(0, maxProblems));
  return decoded;
}

export interface YAMLValue {
  readonly value: unknown;
  /** Keys that are there twice, of which the last one counts. */
  readonly duplicates: readonly Problem[];
}

/**
 * The value of the only document in a text, as it is. Throws a {@linkcode DecodeError}: `TooLarge`, or `Syntax`, also for another number of documents
 * than one.
 */
export function parseYAML(text: string, limits: DecodeLimits = defaultLimits): YAMLValue {
  checkLength(text, limits);
  const lines = new LineCounter();
  const [source, ...others] = parse(text, lines);
  if (source === undefined || others.length > 0) {
    throw new DecodeError("Syntax", `the text must hold one YAML document, found ${source ? others.length + 1 : 0}`);
  }
  return inspected(source, lines);
}

/** The same of the first document, whatever follows it; null where there is none. */
export function parseFirstYAML(text: string, limits: DecodeLimits = defaultLimits): YAMLValue {
  checkLength(text, limits);
  const lines = new LineCounter();
  const [source] = parse(text, lines);
  return source === undefined ? { value: null, duplicates: [] } : inspected(source, lines);
}

function inspected(source: Source, lines: LineCounter): YAMLValue {
  const { duplicates, aliases } = inspect(source.contents!, (at) => {
    const { line, col } = lines.linePos(at);
    return { line, column: col };
  });
  return { value: valueOf(source, aliases), duplicates };
}

/** Strings that any YAML dialect would take for something else are quoted; long lines are left whole. */
export function encodeYAML(value: unknown): string {
  return stringify(value, { version: "1.1", compat: "core", lineWidth: 0, aliasDuplicateObjects: false });
}

type Source = Document.Parsed<ParsedNode>;
type Locate = (offset: number) => Position;

function parse(text: string, lines: LineCounter): Source[] {
  let all: readonly Source[];
  try {
    // Duplicate keys are looked for below: the library's own search is quadratic, and knows no path.
    const quiet = { prettyErrors: false, logLevel: "error" } as const;
    const options = { version: "1.1", uniqueKeys: false, customTags, lineCounter: lines, ...quiet } as const;
    all = parseAllDocuments(text, options) as readonly Source[];
  } catch (error) {
    // The parser calls itself for each level of nesting.
    if (error instanceof RangeError) throw new DecodeError("Syntax", "invalid YAML: nested too deeply");
    throw error;
  }
  const faults = all.flatMap((d) => d.errors);
  if (faults.length > 0) {
    const places = faults.slice(0, maxProblems).map((f) => {
      const { line, col } = lines.linePos(f.pos[0]);
      return { line, column: col, message: f.message };
    });
    const [first] = places;
    const said = places.map((p) => `line ${p.line}, column ${p.column}: ${p.message}`).join("\n");
    throw new DecodeError("Syntax", `invalid YAML: ${said}`, {
      position: { line: first!.line, column: first!.column },
    });
  }
  const sources = all.filter((d) => d.contents !== null && !(isScalar(d.contents) && d.contents.value === null));
  if (sources.length > maxDocuments) {
    throw new DecodeError("TooLarge", `the text has ${sources.length} documents, the limit is ${maxDocuments}`);
  }
  return sources;
}

/** YAML 1.1 without what Kubernetes' parser does not know of it: times, numbers in base 60, sets, ordered maps. */
function customTags(tags: Tags): Tags {
  return tags.filter((tag) =>
    typeof tag === "string" ||
    !(("format" in tag && tag.format === "TIME") || /:(timestamp|binary|omap|pairs|set)$/.test(tag.tag))
  );
}

function decodeDocument(
  source: Source,
  expected: Expected,
  schema: Schema,
  locate: Locate,
): { decoded: DecodedDocument; wrong: Problem[] } {
  const position = locate(source.contents!.range[0]);
  const at = (p: Problem): Problem => ({ ...p, position: locate(offsetOf(source, p)) });
  try {
    const { duplicates, aliases } = inspect(source.contents!, locate);
    const { object, message, unknown, wrong } = decodeValue(valueOf(source, aliases), expected, schema);
    const decoded = { object, message, problems: [...unknown.map(at), ...duplicates], position };
    return { decoded, wrong: wrong.map(at) };
  } catch (error) {
    if (!(error instanceof DecodeError) || error.position) throw error;
    const problems = error.problems.map(at);
    const place = problems[0]?.position ?? position;
    const said = `line ${place.line}, column ${place.column}: ${error.message}`;
    throw new DecodeError(error.reason, said, { problems, position: place, ...error.found && { found: error.found } });
  }
}

function valueOf(source: Source, aliases: boolean): unknown {
  try {
    const value: unknown = source.toJS({ maxAliasCount });
    // Each alias becomes a value of its own, and one that stands within its own anchor shows itself.
    return aliases ? JSON.parse(JSON.stringify(value)) : value;
  } catch (error) {
    if (!aliases || !(error instanceof ReferenceError || error instanceof TypeError)) throw error;
    throw new DecodeError("Syntax", `invalid YAML: its aliases refer to themselves, or add up to too much`);
  }
}

/** Duplicate keys by path, and whether there are aliases. */
function inspect(contents: Node, locate: Locate): { duplicates: Problem[]; aliases: boolean } {
  const duplicates: Problem[] = [];
  const path: Segment[] = [];
  let aliases = false;
  const visit = (node: unknown): void => {
    if (isAlias(node)) aliases = true;
    if (!isCollection(node)) return;
    if (path.length > maxDepth) throw new DecodeError("Syntax", `invalid YAML: over ${maxDepth} levels of nesting`);
    const keys = new Set<string>();
    for (const [index, item] of node.items.entries()) {
      const key = isMap(node) ? keyOf((item as { key: unknown }).key) : undefined;
      path.push(key ?? index);
      if (key !== undefined && keys.has(key) && duplicates.length < maxProblems) {
        const at = (item as { key: Node }).key.range![0];
        const message = `duplicate field "${formatPath(path)}"`;
        duplicates.push({ kind: "duplicate", path: path.slice(), message, position: locate(at) });
      }
      if (key !== undefined) keys.add(key);
      visit(isMap(node) ? (item as { value: unknown }).value : item);
      path.pop();
    }
  };
  visit(contents);
  return { duplicates, aliases };
}

function keyOf(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

/** Of an unknown field's name, or of a wrong value; where a merge brought it in, of what it was merged into. */
function offsetOf(source: Source, problem: Problem): number {
  let node: Node = source.contents!;
  let offset = node.range![0];
  for (const segment of problem.path) {
    if (isAlias(node)) node = node.resolve(source) ?? node;
    const pair = isMap(node) ? node.items.findLast((p) => keyOf(p.key) === segment) : undefined;
    const next = pair ? pair.value : isSeq(node) ? node.items[segment as number] : undefined;
    const shown = (problem.kind === "type" ? next ?? pair?.key : pair?.key ?? next) as Node | undefined;
    if (!shown?.range) break;
    offset = shown.range[0];
    node = (next ?? shown) as Node;
  }
  return offset;
}
