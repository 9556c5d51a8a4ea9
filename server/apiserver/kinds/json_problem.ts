/** What is wrong with a text that is to be a JSON object, in the words of Go's decoder; undefined for one. */
export function jsonObjectProblem(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return syntaxProblem(text.trimStart());
  }
  if (value === null || (typeof value === "object" && !Array.isArray(value))) return undefined;
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}

/** The beginning tells the most: what is refused is seldom meant to be JSON at all. */
function syntaxProblem(text: string): string {
  if (text === "") return "unexpected end of JSON input";
  const [first = ""] = text;
  return '{["-0123456789tfn'.includes(first)
    ? "invalid JSON"
    : `invalid character ${first === "'" ? "'\\''" : `'${first}'`} looking for beginning of value`;
}
