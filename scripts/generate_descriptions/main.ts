/** Writes the descriptions that `kubectl explain` shows: `main.ts CLIENT MODELS FILE`, of which the first two are folders of unpacked packages. They are upstream's text, so they are made and never committed. */
import { gzipSync } from "node:zlib";
import { type ClassDescriptions, readDeclarations, readModel, readRequest } from "./read_declarations.ts";

/** Options that come in queries are no classes of the client: by which request each is read. */
const requests: Readonly<Record<string, string>> = {
  ListOptions: "ListNamespacedPod",
  CreateOptions: "CreateNamespacedPod",
  UpdateOptions: "ReplaceNamespacedPod",
  PatchOptions: "PatchNamespacedPod",
  PodLogOptions: "ReadNamespacedPodLog",
  PodAttachOptions: "ConnectGetNamespacedPodAttach",
  PodExecOptions: "ConnectGetNamespacedPodExec",
  PodPortForwardOptions: "ConnectGetNamespacedPodPortforward",
  PodProxyOptions: "ConnectGetNamespacedPodProxy",
  ServiceProxyOptions: "ConnectGetNamespacedServiceProxy",
  NodeProxyOptions: "ConnectGetNodeProxy",
};

const [client, models, to] = Deno.args;
if (!client || !models || !to) {
  console.error("usage: generate_descriptions/main.ts CLIENT MODELS FILE");
  Deno.exit(2);
}
const directory = `${client}/dist/gen/models`;
const asked = Deno.readTextFileSync(`${client}/dist/gen/types/ObjectParamAPI.d.ts`);
const classes: Record<string, ClassDescriptions> = {};
for (const name of [...Deno.readDirSync(directory)].map(({ name }) => name).sort()) {
  if (!name.endsWith(".d.ts")) continue;
  for (const [key, of] of readDeclarations(Deno.readTextFileSync(`${directory}/${name}`))) classes[key] = of;
}
for (const path of declarationsIn(models)) {
  const [name, said] = readModel(Deno.readTextFileSync(path)) ?? [];
  if (name === undefined) continue;
  // The client names the group of a kind where several have it.
  const short = name.replace(/^.*?(?=V\d)/, "");
  const key = name in classes || !(short in classes) ? name : short;
  classes[key] = { ...classes[key], ...said };
}
for (const [kind, request] of Object.entries(requests)) {
  classes[`V1${kind}`] = readRequest(asked, `CoreV1Api${request}Request`);
}
// No version is served that is not stable, and the server keeps the file in memory.
for (const name of Object.keys(classes)) if (/V\d+(alpha|beta)/.test(name)) delete classes[name];
if (Object.keys(classes).length === 0) throw new Error(`${directory} holds no descriptions: is it the right package?`);
const temporary = `${to}.${crypto.randomUUID()}.tmp`;
Deno.writeFileSync(temporary, gzipSync(JSON.stringify(classes), { level: 9 }));
Deno.renameSync(temporary, to);

function* declarationsIn(folder: string): Iterable<string> {
  for (const { name, isDirectory } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (isDirectory) yield* declarationsIn(`${folder}/${name}`);
    else if (name.endsWith(".d.ts")) yield `${folder}/${name}`;
  }
}
