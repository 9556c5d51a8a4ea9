import { Command } from "commander";
import { SEARCH_PATH } from "../agent/runtime/containerd/host.ts";
import { kubeconfigOf } from "./administrator.ts";
import { type ContainerdFlags, containerdSocket, endpointOption } from "./containerd_socket.ts";
import { dataDirOption } from "./data_dir.ts";
import { runProgram } from "./run_program.ts";
import { forUser } from "./user_errors.ts";

/** A program that Skiff runs for its user, set up for this cluster. */
interface Tool {
  readonly name: string;
  readonly description: string;
  /** What to do when it is not there. */
  readonly missing: string;
  /** Arguments before the user's, and variables. */
  readonly setUp: (
    flags: ContainerdFlags,
  ) => Promise<{ readonly args?: readonly string[]; readonly env?: Record<string, string> }>;
}

const TOOLS: readonly Tool[] = [
  {
    name: "kubectl",
    description: "run kubectl with this cluster's kubeconfig, unless KUBECONFIG names another",
    missing:
      "kubectl is not installed: get it from Kubernetes' releases, or on Debian with apt-get install kubernetes-client",
    setUp: async ({ dataDir }) =>
      Deno.env.get("KUBECONFIG") ? {} : { env: { KUBECONFIG: await kubeconfigOf({ dataDir }) } },
  },
  {
    name: "crictl",
    description: "run crictl with this node's containerd",
    missing:
      "crictl is not installed: get it from the releases of cri-tools, or as the package cri-tools; skiff ctr needs none",
    setUp: async (flags) => {
      const endpoint = `unix://${await containerdSocket(flags)}`;
      return { env: { CONTAINER_RUNTIME_ENDPOINT: endpoint, IMAGE_SERVICE_ENDPOINT: endpoint } };
    },
  },
  {
    name: "ctr",
    description: "run ctr, containerd's own client, with this node's containerd and Kubernetes' namespace",
    missing: "ctr is not installed: on Debian it comes with apt-get install containerd",
    setUp: async (flags) => ({ args: ["--address", await containerdSocket(flags), "--namespace", "k8s.io"] }),
  },
];

/** `skiff kubectl`, `skiff crictl` and `skiff ctr`: whatever follows is the program's. */
export function toolCommands(finish: (exitCode: number) => void): readonly Command[] {
  return TOOLS.map(({ name, description, missing, setUp }) =>
    new Command(name).description(description)
      .argument("[arguments...]", `what ${name} is to do`)
      .addOption(dataDirOption("the data directory; to be given first"))
      .addOption(endpointOption())
      // --help is the program's, too.
      .helpOption(false).allowUnknownOption().passThroughOptions()
      .action((words: string[], flags: ContainerdFlags) =>
        forUser(async () => {
          const { args = [], env = {} } = await setUp(flags);
          // A user's PATH on Debian has no sbin.
          const path = { PATH: SEARCH_PATH.join(":") };
          finish(await runProgram([name, ...args, ...words], { env: { ...path, ...env }, missing }));
        })
      )
  );
}
