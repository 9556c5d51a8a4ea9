/** The part of `deno doc --json` that is looked at. */
export interface DocOutput {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly declarationKind: string;
    readonly kind: string;
    readonly location: { readonly filename: string; readonly line: number };
    readonly jsDoc?: { readonly doc?: string };
  }[];
}

/** What says enough by its name and its members: data of which each field may be documented by itself. */
const SELF_EVIDENT = new Set(["typeAlias", "interface"]);

/** One line for each exported function, class or constant, and each interface with methods, that has no comment. */
export function undocumented(page: string, output: DocOutput): string[] {
  const symbols = Object.values(output.nodes).flatMap((node) => node.symbols);
  return symbols.flatMap(({ name, declarations }) => {
    const exported = declarations.filter((d) => d.declarationKind === "export");
    const [first] = exported.filter((d) => !SELF_EVIDENT.has(d.kind) || hasMethods(d));
    if (!first || exported.some((d) => d.jsDoc?.doc)) return [];
    return [
      `${page}: ${name} has no comment that says what it is (${first.location.filename}:${first.location.line + 1})`,
    ];
  });
}

function hasMethods(declaration: object): boolean {
  const { def } = declaration as { def?: { methods?: readonly unknown[] } };
  return (def?.methods?.length ?? 0) > 0;
}
