/**
 * Writes what Skiff knows of the Kubernetes API from checkouts of k8s.io/api and k8s.io/apimachinery (both of one release):
 * `api/schema/table.generated.json`, `api/types/*.ts` and `api/resources.ts`.
 */
import { type GoPackage, readGoPackage } from "./go_source.ts";
import { readProtoNumbers } from "./proto_source.ts";
import { type Field, type Message, metaPath, Model, pathOf } from "./model.ts";
import { resourcesOf } from "./resources.ts";
import { fileOf, resourcesFile, typesFile } from "./write_types.ts";
import { tableFile } from "./write_table.ts";
import { groupVersions } from "./facts.ts";

/** The folders of the packages that are read, by import path. */
function sourceFolders(api: string, apimachinery: string): Map<string, string> {
  const folders = new Map([[metaPath, `${apimachinery}/pkg/apis/meta/v1`]]);
  for (const { folder } of groupVersions) folders.set(pathOf(folder), `${api}/${folder}`);
  return folders;
}

/** Go's tags and the .proto must agree: a field that is in one and not in the other is a reading error. */
function checkNumbers(messages: readonly Message[], folders: ReadonlyMap<string, string>): void {
  const numbers = new Map(
    [...folders].map(([path, folder]) =>
      [path, readProtoNumbers(Deno.readTextFileSync(`${folder}/generated.proto`))] as const
    ),
  );
  const find = (message: string) => {
    const [folder, name] = message.split(".") as [string, string];
    return numbers.get(pathOf(folder))?.get(name);
  };
  for (const message of messages) {
    const own = `${message.folder}.${message.name}`;
    for (const field of message.fields) {
      if (field.number === 0) continue;
      const declared = find(field.inline?.at(-1)?.[1] ?? own);
      if (!declared || ![...declared.values()].includes(field.number)) {
        throw new Error(`${own}: ${field.name} has number ${field.number}, which its .proto does not`);
      }
    }
    const direct = new Set(message.fields.map((f: Field) => f.inline?.[0]?.[0] ?? f.number));
    const missed = [...find(own)?.entries() ?? []].find(([, number]) => !direct.has(number));
    if (missed) throw new Error(`${own}: ${missed[0]} = ${missed[1]} of its .proto was not found in Go`);
  }
}

function main(): void {
  const [api, apimachinery = `${api}/../apimachinery`] = Deno.args;
  if (!api) {
    console.error("usage: scripts/generate-schema PATH_TO_API [PATH_TO_APIMACHINERY]");
    Deno.exit(2);
  }
  const folders = sourceFolders(api, apimachinery);
  const packages: GoPackage[] = [...folders].map(([path, folder]) => readGoPackage(folder, path));
  const messages = new Model(packages).messages();
  checkNumbers(messages, folders);
  const resources = resourcesOf(packages);
  const target = new URL("../../api/", import.meta.url).pathname;
  Deno.mkdirSync(`${target}types`, { recursive: true });
  for (const [folder, inFolder] of Map.groupBy(messages, (m) => m.folder)) {
    Deno.writeTextFileSync(`${target}types/${fileOf(folder)}`, typesFile(folder, inFolder));
  }
  Deno.writeTextFileSync(`${target}resources.ts`, resourcesFile(resources));
  Deno.writeTextFileSync(`${target}schema/table.generated.json`, tableFile(messages, resources));
  console.log(`${messages.length} messages, ${resources.length} resources`);
}

main();
