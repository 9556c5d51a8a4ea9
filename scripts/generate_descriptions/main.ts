/** Writes the descriptions that `kubectl explain` shows: `main.ts PATH_TO_THE_PACKAGE FILE`. They are upstream's text, so they are made and never committed. */
import { gzipSync } from "node:zlib";
import { type ClassDescriptions, readDeclarations, readRequest } from "./read_declarations.ts";

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

const [from, to] = Deno.args;
if (!from || !to) {
  console.error("usage: generate_descriptions/main.ts PATH_TO_THE_PACKAGE FILE");
  Deno.exit(2);
}
const directory = `${from}/dist/gen/models`;
const asked = Deno.readTextFileSync(`${from}/dist/gen/types/ObjectParamAPI.d.ts`);
const classes: Record<string, ClassDescriptions> = {};
for (const name of [...Deno.readDirSync(directory)].map(({ name }) => name).sort()) {
  if (!name.endsWith(".d.ts")) continue;
  for (const [key, of] of readDeclarations(Deno.readTextFileSync(`${directory}/${name}`))) classes[key] = of;
}
for (const [kind, request] of Object.entries(requests)) {
  classes[`V1${kind}`] = readRequest(asked, `CoreV1Api${request}Request`);
}
if (Object.keys(classes).length === 0) throw new Error(`${directory} holds no descriptions: is it the right package?`);
const temporary = `${to}.${crypto.randomUUID()}.tmp`;
Deno.writeFileSync(temporary, gzipSync(JSON.stringify(classes), { level: 9 }));
Deno.renameSync(temporary, to);
