import { type INamespace, parse } from "protobufjs";
import { reachable } from "./reachable.ts";

/** What Skiff calls. Messages that none of these reach are left out. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  RuntimeService: [
    "Version",
    "Status",
    "RunPodSandbox",
    "StopPodSandbox",
    "RemovePodSandbox",
    "PodSandboxStatus",
    "ListPodSandbox",
    "CreateContainer",
    "StartContainer",
    "StopContainer",
    "RemoveContainer",
    "ContainerStatus",
    "ListContainers",
    "UpdateContainerResources",
    "ReopenContainerLog",
    "ExecSync",
    "Exec",
    "Attach",
    "PortForward",
    "ListContainerStats",
    "GetContainerEvents",
  ],
  ImageService: ["ListImages", "ImageStatus", "PullImage", "RemoveImage", "ImageFsInfo"],
};

const [source] = Deno.args;
if (!source) {
  console.error("usage: scripts/generate-cri PATH_TO_CRI_API");
  Deno.exit(2);
}
const proto = await Deno.readTextFile(`${source}/pkg/apis/runtime/v1/api.proto`);
const root = parse(proto, { keepCase: false }).root.toJSON({ keepComments: false });
const all = root.nested?.runtime as INamespace;
const api = (all.nested?.v1 ?? all) as INamespace;
const target = new URL("../../agent/runtime/cri/cri.generated.json", import.meta.url);
await Deno.writeTextFile(target, JSON.stringify(reachable(api, METHODS)) + "\n");
