/** What each top-level folder may import of ours; itself always. A row that is not here may import nothing of ours. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  api: [],
  host: [],
  datastore: [],
  client: ["api"],
  server: ["api", "host", "client", "datastore"],
  agent: ["api", "host", "client"],
  cli: ["api", "host", "datastore", "client", "server", "agent", "mod.ts"],
  "mod.ts": ["api", "host", "datastore", "client", "server", "agent", "cli"],
  scripts: ["api", "server", "agent", "cli"],
  tests: ["api", "host", "datastore", "client", "server", "agent", "cli", "mod.ts", "scripts"],
};

/** Modules imported from tests: `vitest` is the shim, fixtures are shared by tests of all folders. */
function isTest(file: string): boolean {
  return file.endsWith("_test.ts") || file.includes("/testing/") || file.endsWith("_test_cases.ts");
}

/** The files of ours that a source imports or exports from, relative to the repository's root. Dynamic imports count as well. */
export function importsOf(file: string, source: string): string[] {
  const found = new Set<string>();
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  for (const match of code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]+)"/g)) {
    found.add(new URL(match[1]!, `file:///${file}`).pathname.slice(1));
  }
  return [...found];
}

const top = (file: string): string => file.split("/")[0]!;

/** One line for each import that the table forbids. */
export function checkDirections(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = [];
  for (const [file, imports] of graph) {
    const allowed = MAY_IMPORT[top(file)] ?? [];
    for (const target of imports) {
      if (top(target) === top(file) || allowed.includes(top(target))) continue;
      if (isTest(file) && top(target) === "tests") continue;
      problems.push(`${file}: may not import ${target}: ${top(file)} imports only ${allowed.join(", ") || "itself"}`);
    }
  }
  return problems;
}

/** One line for each circle of imports (each strongly connected set once), in Tarjan's way without recursion limits to fear. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const problems: string[] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    onStack.add(file);
    for (const target of graph.get(file) ?? []) {
      if (!index.has(target)) {
        visit(target);
        low.set(file, Math.min(low.get(file)!, low.get(target)!));
      } else if (onStack.has(target)) low.set(file, Math.min(low.get(file)!, index.get(target)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const component = stack.splice(stack.indexOf(file));
    for (const member of component) onStack.delete(member);
    if (component.length > 1) problems.push(`circular imports: ${component.toSorted().join(", ")}`);
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return problems;
}
