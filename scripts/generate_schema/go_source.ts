/** Reads the declarations of a Go package as gofmt lays them out: that fixed layout is what lets lines stand in for a parser. */

export interface GoField {
  /** Empty for an embedded struct. */
  readonly name: string;
  readonly type: string;
  /** Struct tags by key: `json`, `protobuf`, `patchStrategy`, … */
  readonly tags: ReadonlyMap<string, string>;
  readonly markers: Markers;
}

/** `+name=value` comment lines: every value of a name, in order; a bare `+name` has the value "". */
export type Markers = ReadonlyMap<string, readonly string[]>;

export interface GoType {
  readonly name: string;
  readonly markers: Markers;
  /** Set for `type X struct`. */
  readonly fields?: readonly GoField[];
  /** Set for every other declaration: `string`, `[]string`, `map[K]V`, `metav1.List`. */
  readonly underlying?: string;
}

export interface GoConstant {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

export interface GoPackage {
  /** `k8s.io/api/core/v1` */
  readonly path: string;
  /** Alias to import path. */
  readonly imports: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, GoType>;
  readonly constants: readonly GoConstant[];
}

const skippedFile = /_test\.go$|^generated\.pb\.go$|^zz_generated|_swagger_doc_generated\.go$|^register\.go$/;

/** Reads every declaring file of `folder`; `path` is the package's import path. */
export function readGoPackage(folder: string, path: string): GoPackage {
  const imports = new Map<string, string>();
  const types = new Map<string, GoType>();
  const constants: GoConstant[] = [];
  const files = [...Deno.readDirSync(folder)].map((f) => f.name).filter((n) =>
    n.endsWith(".go") && !skippedFile.test(n)
  );
  for (const file of files.sort()) {
    readFile(Deno.readTextFileSync(`${folder}/${file}`).split("\n"), imports, types, constants);
  }
  return { path, imports, types, constants };
}

function readFile(
  lines: readonly string[],
  imports: Map<string, string>,
  types: Map<string, GoType>,
  constants: GoConstant[],
): void {
  let comments: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.startsWith("//")) {
      comments.push(line);
    } else if (line.startsWith("type ")) {
      const end = line.endsWith("struct {") ? lines.indexOf("}", i) : i;
      const declared = readType(line, lines.slice(i + 1, end), markersOf(comments));
      if (declared) types.set(declared.name, declared);
      i = end;
    } else if (/^import\b/.test(line)) {
      const end = line.endsWith("(") ? lines.indexOf(")", i) : i;
      for (const [, alias, path] of lines.slice(i, end + 1).join("\n").matchAll(/(?:([\w.]+) )?"([^"]+)"/g)) {
        imports.set(alias && alias !== "import" ? alias : path!.split("/").at(-1)!, path!);
      }
      i = end;
    } else {
      const constant = /^\s*(?:const )?(\w+)\s+(\w+)\s*=\s*"([^"]*)"/.exec(line);
      if (constant) constants.push({ name: constant[1]!, type: constant[2]!, value: constant[3]! });
    }
    // A blank line does not part a declaration from its markers: upstream writes them in a block of their own.
    if (line !== "" && !line.startsWith("//")) comments = [];
  }
}

function readType(line: string, body: readonly string[], markers: Markers): GoType | undefined {
  const struct = /^type (\w+) struct \{/.exec(line);
  if (struct) return { name: struct[1]!, markers, fields: readFields(body) };
  const other = /^type (\w+) (?:= )?([\w.[\]*]+)(?: struct\{\})?$/.exec(line);
  return other ? { name: other[1]!, markers, underlying: other[2]! } : undefined;
}

function readFields(body: readonly string[]): GoField[] {
  const fields: GoField[] = [];
  let comments: string[] = [];
  for (const line of body) {
    const text = line.trim();
    if (text.startsWith("//")) {
      comments.push(text);
      continue;
    }
    const field = /^(?:(\w+)\s+)?([\w.[\]*{}]+)\s+`([^`]*)`/.exec(text);
    if (field) {
      fields.push({
        name: field[1] ?? "",
        type: field[2]!,
        tags: new Map([...field[3]!.matchAll(/(\w+):"([^"]*)"/g)].map(([, key, value]) => [key!, value!])),
        markers: markersOf(comments),
      });
    }
    // Unlike a type's, a field's markers end at a blank line: what stands above it belongs to a field that was removed.
    comments = [];
  }
  return fields;
}

function markersOf(comments: readonly string[]): Markers {
  const markers = new Map<string, string[]>();
  for (const comment of comments) {
    const marker = /^\/\/\s*\+([\w:]+)(?:=(.*))?$/.exec(comment);
    if (!marker) continue;
    const values = markers.get(marker[1]!) ?? [];
    values.push((marker[2] ?? "").trim());
    markers.set(marker[1]!, values);
  }
  return markers;
}
