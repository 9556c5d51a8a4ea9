import type { Command } from "commander";
import { flagAdder } from "./flag_adder.ts";

/** The flags that a machine has as a node, whether it is a server, too, or an agent alone. Names are k3s's where it has one. */
export interface NodeFlags {
  readonly dataDir: string;
  readonly nodeName?: string;
  readonly withNodeId: boolean;
  readonly nodeIp?: string;
  readonly nodeExternalIp: readonly string[];
  readonly nodeLabel: readonly string[];
  readonly nodeTaint: readonly string[];
  readonly maxPods?: string;
  readonly containerRuntimeEndpoint?: string;
  readonly snapshotter?: string;
  readonly privateRegistry: string;
  readonly disableDefaultRegistryEndpoint: boolean;
  readonly kubeletPort: string;
  readonly resolvConf: string;
  readonly protectKernelDefaults: boolean;
  readonly readyFile?: string;
  readonly log?: string;
  readonly alsologtostderr: boolean;
  readonly debug: boolean;
}

export function withNodeFlags(command: Command): Command {
  const add = flagAdder(command);
  add("Agent:", "--node-name <name>", "name of the node (the host's name)");
  add("Agent:", "--with-node-id", "append to it what no other machine has", false);
  add("Agent:", "-i, --node-ip <ip>", "address of the node (that of the default route)");
  add("Agent:", "--node-external-ip <ip>", "address by which the node is reached from outside (repeatable)", []);
  add("Agent:", "--node-label <key=value>", "label of the node (repeatable)", []);
  add("Agent:", "--node-taint <key=value:effect>", "taint of the node (repeatable)", []);
  add("Agent:", "--max-pods <count>", "how many Pods the node takes (110)");
  add("Agent:", "--container-runtime-endpoint <socket>", "use this containerd instead of one of Skiff's own");
  add("Agent:", "--snapshotter <name>", "overlayfs or native (overlayfs where the data directory can hold it)");
  add(
    "Agent:",
    "--private-registry <file>",
    "mirrors, certificates and credentials of registries",
    "/etc/skiff/registries.yaml",
  );
  add(
    "Agent:",
    "--disable-default-registry-endpoint",
    "take images of a registry with mirrors from those alone",
    false,
  );
  add("Agent:", "--kubelet-port <port>", "port of the node's own API", "10250");
  add(
    "Agent:",
    "--resolv-conf <file>",
    "name servers for Pods and for the cluster DNS to forward to",
    "/etc/resolv.conf",
  );
  add(
    "Agent:",
    "--protect-kernel-defaults",
    "refuse to start where the kernel is not set up as kubelets want it",
    false,
  );
  add("Other:", "-d, --data-dir <dir>", "where everything is kept", "/var/lib/skiff");
  add("Other:", "--ready-file <file>", "written when the API answers and again when the node is Ready");
  add("Other:", "-l, --log <file>", "log to this file instead of standard error");
  add("Other:", "--alsologtostderr", "log to standard error as well", false);
  add("Other:", "--debug", "log more", false);
  return command;
}
