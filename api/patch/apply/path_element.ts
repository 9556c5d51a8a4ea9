/**
 * A step of a field path, written as FieldsV1 writes it: `f:name` a field or a map's key, `k:{"name":"x"}` the element of a list with
 * these keys, `v:"x"` the element of a set, `i:0` an index. Equal steps are equal strings.
 */
export type PathElement = string;

export type Path = readonly PathElement[];

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** `keys` need no order. */
export function keyElement(keys: readonly (readonly [name: string, value: unknown])[]): PathElement {
  if (keys.length === 1) return `k:{${JSON.stringify(keys[0]![0])}:${JSON.stringify(keys[0]![1])}}`;
  const sorted = [...keys].sort(([a], [b]) => a < b ? -1 : 1);
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
}

export function valueElement(value: unknown): PathElement {
  return `v:${JSON.stringify(value)}`;
}

/** A step as a client wrote it, in the form in which equal ones are equal. Undefined for kinds of steps that a later version may know; throws for malformed ones. */
export function parseElement(text: string): PathElement | undefined {
  const content = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "k:":
      return keyElement(keysOf(content));
    case "v:":
      return valueElement(JSON.parse(content));
    case "i:":
      if (!/^-?[0-9]{1,15}$/.test(content)) throw new SyntaxError(`the index in ${JSON.stringify(text)} is no number`);
      return `i:${Number(content)}`;
  }
  if (text.length < 2 || text[1] !== ":") throw new SyntaxError(`${JSON.stringify(text)} is no step of a field path`);
  return undefined;
}

function keysOf(text: string): readonly (readonly [string, unknown])[] {
  const keys: unknown = JSON.parse(text);
  if (typeof keys !== "object" || keys === null || Array.isArray(keys)) {
    throw new SyntaxError(`the keys of a list's element must be an object, not ${text}`);
  }
  return Object.entries(keys);
}

/** For messages: `.spec.containers[name="web"].image`. */
export function formatPath(path: Path): string {
  return path.map(formatElement).join("");
}

export function formatElement(element: PathElement): string {
  const content = element.slice(2);
  if (element.startsWith("f:")) return `.${content}`;
  if (element.startsWith("v:")) return `[=${content}]`;
  if (element.startsWith("i:")) return `[${content}]`;
  return `[${keysOf(content).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}
