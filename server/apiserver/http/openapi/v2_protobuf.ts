import { Writer } from "protobufjs/minimal";

/** Writes one value as the field of that number. */
type Write = (writer: Writer, number: number, value: unknown) => void;

/** The fields of a message by their names in JSON, and the number of the field that takes all names beginning with `x-`. */
interface Shape {
  readonly fields: Readonly<Record<string, readonly [number: number, write: Write]>>;
  readonly extensions?: number;
}

/**
 * An OpenAPI 2 document as clients written in Go read it: the message `openapi.v2.Document` of gnostic-models. Knows what our own documents contain;
 * throws a TypeError for anything else.
 */
export function encodeOpenapiV2(document: unknown): Uint8Array {
  const writer = Writer.create();
  writeFields(writer, documentShape, document);
  return writer.finish();
}

const text: Write = (writer, number, value) => void writer.uint32(tag(number)).string(value as string);
const flag: Write = (writer, number, value) => void writer.uint32(number << 3).bool(value as boolean);
/** Values of any kind travel as YAML, and JSON is that. */
const any: Write = (writer, number, value) => nested(writer, number, () => text(writer, 2, JSON.stringify(value)));

function each(write: Write): Write {
  return (writer, number, values) => {
    for (const value of values as unknown[]) write(writer, number, value);
  };
}

/** The same value inside so many messages that hold nothing else, each by the number of its field. */
function inside(path: readonly number[], write: Write): Write {
  const [first, ...rest] = path;
  if (first === undefined) return write;
  const inner = inside(rest, write);
  return (writer, number, value) => nested(writer, number, () => inner(writer, first, value));
}

/** A map, as a message whose one field repeats pairs of a name and a value. */
function map(write: Write, pairs = 1): Write {
  return (writer, number, value) =>
    nested(writer, number, () => {
      for (const [name, one] of Object.entries(value as object)) writePair(writer, pairs, name, one, write);
    });
}

/** By a function, since schemas contain themselves. */
function message(shape: () => Shape): Write {
  return (writer, number, value) => nested(writer, number, () => writeFields(writer, shape(), value));
}

const schema = message(() => schemaShape);
const schemaShape: Shape = {
  fields: {
    $ref: [1, text],
    format: [2, text],
    description: [4, text],
    default: [5, any],
    required: [19, each(text)],
    enum: [20, each(any)],
    additionalProperties: [21, inside([1], schema)],
    type: [22, inside([1], text)],
    items: [23, inside([1], schema)],
    properties: [25, map(schema)],
  },
  extensions: 31,
};

const body = message(() => ({ fields: { name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema] } }));
const query = message(() => ({
  fields: {
    required: [1, flag],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [6, text],
    uniqueItems: [20, flag],
  },
}));
const inPath = message(() => ({
  fields: {
    required: [1, flag],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5, text],
    uniqueItems: [19, flag],
  },
}));
const places: Readonly<Record<string, Write>> = {
  body: inside([1], body),
  query: inside([2, 3], query),
  path: inside([2, 4], inPath),
};
const reference = message(() => ({ fields: { $ref: [1, text] } }));
const defined: Write = (writer, number, value) => places[(value as { in: string }).in]!(writer, number, value);
const itself = inside([1], defined);
const referred = inside([2], reference);
const parameter: Write = (writer, number, value) =>
  ("$ref" in (value as object) ? referred : itself)(writer, number, value);

const response = message(() => ({ fields: { description: [1, text], schema: [2, inside([1], schema)] } }));
const operation = message(() => ({
  fields: {
    tags: [1, each(text)],
    description: [3, text],
    operationId: [5, text],
    produces: [6, each(text)],
    consumes: [7, each(text)],
    parameters: [8, each(parameter)],
    responses: [9, map(inside([1], response))],
    schemes: [10, each(text)],
  },
  extensions: 13,
}));
const pathItem = message(() => ({
  fields: {
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    options: [6, operation],
    head: [7, operation],
    patch: [8, operation],
    parameters: [9, each(parameter)],
  },
}));

const apiKey = message(() => ({ fields: { type: [1, text], name: [2, text], in: [3, text], description: [4, text] } }));
const scopes: Write = (writer, number, value) => nested(writer, number, () => each(text)(writer, 1, value));

const documentShape: Shape = {
  fields: {
    swagger: [1, text],
    info: [2, message(() => ({ fields: { title: [1, text], version: [2, text] } }))],
    paths: [8, map(pathItem, 2)],
    definitions: [9, map(schema)],
    parameters: [10, map(defined)],
    security: [12, each(map(scopes))],
    securityDefinitions: [13, map(inside([2], apiKey))],
  },
};

function writeFields(writer: Writer, { fields, extensions }: Shape, value: unknown): void {
  for (const [name, one] of Object.entries(value as object)) {
    const field = fields[name];
    if (field !== undefined) field[1](writer, field[0], one);
    else if (extensions !== undefined && name.startsWith("x-")) writePair(writer, extensions, name, one, any);
    else throw new TypeError(`OpenAPI 2 as protobuf: no field is known for ${JSON.stringify(name)}`);
  }
}

function writePair(writer: Writer, number: number, name: string, value: unknown, write: Write): void {
  nested(writer, number, () => {
    text(writer, 1, name);
    write(writer, 2, value);
  });
}

function nested(writer: Writer, number: number, content: () => void): void {
  writer.uint32(tag(number)).fork();
  content();
  writer.ldelim();
}

/** Of a field whose length is told. */
function tag(number: number): number {
  return number << 3 | 2;
}
