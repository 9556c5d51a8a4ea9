/** What a class of the JavaScript client says: of itself under `""`, of each field under its name in JSON. */
export type ClassDescriptions = Readonly<Record<string, string>>;

const fieldComment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*'([^']+)'\??:/g;
const lastComment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/;

/** Reads the comments of a declaration file (`V1Pod.d.ts`), which are upstream's descriptions. Empty when it has none. */
export function readDeclarations(source: string): ReadonlyMap<string, ClassDescriptions> {
  const found = new Map<string, ClassDescriptions>();
  const [head = "", ...classes] = source.split(/^(?=export declare class )/m);
  let before = head;
  for (const text of classes) {
    const name = /^export declare class (\w+)/.exec(text)![1]!;
    const own = lastComment.exec(before)?.[1];
    const said: Record<string, string> = own === undefined ? {} : { "": plain(own) };
    for (const [, comment = "", field = ""] of text.matchAll(fieldComment)) {
      // Names that are words of JavaScript are written with an underscore before them.
      said[field.replace(/^_/, "")] = plain(comment);
    }
    if (Object.keys(said).length > 0) found.set(name, said);
    before = text;
  }
  return found;
}

function plain(comment: string): string {
  return comment.split("\n").map((line) => line.replace(/^\s*\*? ?/, "").trimEnd()).join("\n").trim();
}
