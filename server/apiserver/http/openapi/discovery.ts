import type { ResourceRow } from "../../../../api/schema/contract.ts";
import { type Operation, type PathOperations, pathsOf } from "./operations.ts";
import type { OptionParameters } from "./parameters.ts";
import { groupWord } from "./words.ts";

/** The paths of a document, by its name and the rows that it is about. */
export function pathsAt(place: string, rows: readonly ResourceRow[], options: OptionParameters): PathOperations[] {
  const { group, name, tag, version } = groupWord(rows[0]!);
  const tells = (id: string, description: string, tag: string, answer: Operation["answer"]) =>
    discovery(`/${place}/`, { id: `get${id}`, description, tag, answer });
  if (place === "api") return [tells("CoreAPIVersions", "get available API versions", "core", "versions")];
  if (place === "apis") return [tells("APIVersions", "get available API versions", "apis", "groups")];
  if (!place.endsWith(`/${version}`)) return [tells(`${group}APIGroup`, "get information of a group", tag, "group")];
  return [
    tells(`${name}APIResources`, "get available resources", `${tag}_${version}`, "resources"),
    ...rows.flatMap((row) => pathsOf(row, options)),
  ];
}

function discovery(
  path: string,
  of: Pick<Operation, "id" | "description" | "tag" | "answer">,
): PathOperations {
  const operation: Operation = {
    method: "get",
    action: undefined,
    kind: undefined,
    parameters: [],
    body: undefined,
    codes: [200],
    produces: "objects",
    ...of,
  };
  return { path, parameters: [], operations: [operation] };
}
