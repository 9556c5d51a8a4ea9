/** What a class of the JavaScript client says: of itself under `""`, of each field under its name in JSON. */
export type ClassDescriptions = Readonly<Record<string, string>>;

const fieldComment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*['"]?([^'"\s?:]+)['"]?\??:/g;
const lastComment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/;
/** What the packages' generators add to what upstream says. */
const ownLines = /\n\s*\* (Defaults to: [^\n]*\n\s*\* @type|@deprecated)[\s\S]*$/;

/** Reads the comments of a declaration file (`V1Pod.d.ts`), which are upstream's descriptions. Empty when it has none. */
export function readDeclarations(source: string): ReadonlyMap<string, ClassDescriptions> {
  const found = new Map<string, ClassDescriptions>();
  const [head = "", ...classes] = source.split(/^(?=export declare class )/m);
  let before = head;
  for (const text of classes) {
    const name = /^export declare class (\w+)/.exec(text)![1]!;
    const own = lastComment.exec(before)?.[1];
    const said = { ...(own !== undefined && { "": plain(own) }), ...fieldsOf(text) };
    if (Object.keys(said).length > 0) found.set(name, said);
    before = text;
  }
  return found;
}

/**
 * Reads a declaration file of kubernetes-models (`v1/Pod.d.ts`), which has what the client leaves out: the descriptions of fields that refer to a definition, and
 * lines. The name is the client's for kinds that several groups have: `CoreV1Event`. Undefined for what is no type of an API.
 */
export function readModel(source: string): readonly [name: string, said: ClassDescriptions] | undefined {
  const name = /\bas I?IoK8sApi([A-Z]\w*)/.exec(source)?.[1];
  const start = source.search(/^export interface /m);
  if (name === undefined || start < 0) return undefined;
  const own = lastComment.exec(source.slice(0, start))?.[1];
  return [name, {
    ...(own !== undefined && { "": plain(own) }),
    ...fieldsOf(source.slice(start, source.indexOf("\n}", start))),
  }];
}

/** What is said of the parameters of a request, whose interface has that name; empty when there is none. */
export function readRequest(source: string, name: string): ClassDescriptions {
  const start = source.indexOf(`export interface ${name} {`);
  if (start < 0) return {};
  const said = fieldsOf(source.slice(start, source.indexOf("\n}", start)));
  // The client writes a blank line as two spaces.
  return Object.fromEntries(Object.entries(said).map(([k, v]) => [k, v.replace(/(?<=[.:]) {2}(?=[A-Z`])/g, "\n\n")]));
}

function fieldsOf(text: string): Record<string, string> {
  const said: Record<string, string> = {};
  for (const [, comment = "", field = ""] of text.matchAll(fieldComment)) {
    // Names that are words of JavaScript are written with an underscore before them.
    said[field.replace(/^_/, "")] = plain(comment);
  }
  return said;
}

const entities: Readonly<Record<string, string>> = { "#39": "'", "#x3D": "=", "#x60": "`", quot: '"' };

/** Quotes and stars have a backslash before them, and some are written as in HTML. */
function plain(comment: string): string {
  return comment.replace(ownLines, "").split("\n").map((line) => line.replace(/^\s*\*? ?/, "").trimEnd()).join("\n")
    .trim()
    .replace(/&(#39|#x3D|#x60|quot);/g, (_, entity: string) => entities[entity]!)
    .replace(/\\(["'*/])/g, "$1");
}
