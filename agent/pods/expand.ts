/**
 * `$(NAME)` replaced by the variable's value; of an unknown name it stays as it is, and `$$` stands for one `$`. The rules are those of
 * `env`, `command`, `args` and `subPathExpr` in the API reference.
 */
export function expand(
  text: string,
  variables: ReadonlyMap<string, string>,
  onUnknown?: (name: string) => void,
): string {
  if (!text.includes("$")) return text;
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return "$";
    const value = variables.get(name);
    if (value === undefined) onUnknown?.(name);
    return value ?? match;
  });
}
