import { Command, Option } from "commander";
import { type ClusterFlags, withClusterFlags } from "./cluster_flags.ts";
import { type DatastoreCareFlags, withDatastoreCareFlags } from "./datastore_settings.ts";
import { type TokenFlags, withTokenFlags } from "./token_flags.ts";

/** The flags of `skiff server` as commander hands them over. Names are k3s's where it has one. */
export interface ServerFlags extends ClusterFlags, DatastoreCareFlags, TokenFlags {
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly httpsListenPort: string;
  readonly advertiseAddress?: string;
  readonly tlsSan: readonly string[];
  readonly writeKubeconfig: string;
  readonly writeKubeconfigMode: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly serviceNodePortRange: string;
  readonly clusterDns?: string;
  readonly clusterDomain: string;
  readonly datastoreEndpoint?: string;
  readonly datastoreCafile?: string;
  readonly datastoreCertfile?: string;
  readonly datastoreKeyfile?: string;
  readonly admissionControlConfigFile?: string;
  readonly authorizationConfig?: string;
  readonly disable: readonly string[];
  readonly http1Only: boolean;
  readonly disableAgent: boolean;
  readonly nodeName?: string;
  readonly nodeIp?: string;
  readonly nodeLabel: readonly string[];
  readonly nodeTaint: readonly string[];
  readonly containerRuntimeEndpoint?: string;
  readonly kubeletPort: string;
  readonly resolvConf: string;
  readonly readyFile?: string;
  readonly debug: boolean;
}

const collect = (
  value: string,
  before: readonly string[],
): readonly string[] => [...before, ...value.split(",").filter(Boolean)];

/** Adds the flags, grouped as the help shows them. */
export function withServerFlags(command: Command): Command {
  const add = (group: string, flags: string, description: string, fallback?: string | readonly string[] | boolean) => {
    const option = new Option(flags, description).helpGroup(group);
    if (Array.isArray(fallback)) option.argParser(collect).default(fallback, "none");
    else if (fallback !== undefined) option.default(fallback);
    command.addOption(option);
  };
  add("Server:", "-d, --data-dir <dir>", "where everything is kept", "/var/lib/skiff");
  add("Server:", "--bind-address <ip>", "address the API listens on", "0.0.0.0");
  add("Server:", "--https-listen-port <port>", "port of the API", "6443");
  add("Server:", "--advertise-address <ip>", "address where Pods and nodes reach the API (the node's address)");
  add("Server:", "--tls-san <name>", "further name or address in the API's certificate (repeatable)", []);
  add("Server:", "-o, --write-kubeconfig <file>", "the administrator's kubeconfig", "/etc/skiff/skiff.yaml");
  add("Server:", "--write-kubeconfig-mode <mode>", "its file mode, octal", "600");
  add(
    "Server:",
    "--datastore-endpoint <url>",
    "datastore instead of SQLite in the data directory: sqlite://FILE, memory://, postgres://…, or etcd's https://HOST:2379,…",
  );
  add("Server:", "--datastore-cafile <file>", "authority that signed the datastore's certificate");
  add("Server:", "--datastore-certfile <file>", "client certificate for the datastore");
  add("Server:", "--datastore-keyfile <file>", "its key");
  add(
    "Server:",
    "--admission-control-config-file <file>",
    "defaults and exemptions of Pod Security, limited resources",
  );
  add("Server:", "--authorization-config <file>", "authorizers and their order, webhooks among them");
  add("Server:", "--disable <name>", "leave a bundled manifest out (repeatable)", []);
  add("Server:", "--http1-only", "do not offer HTTP/2", false);
  withTokenFlags(command);
  withClusterFlags(command);
  withDatastoreCareFlags(command);
  add("Networking:", "--cluster-cidr <cidr>", "network of the Pods", "10.42.0.0/16");
  add("Networking:", "--service-cidr <cidr>", "network of the Services", "10.43.0.0/16");
  add("Networking:", "--service-node-port-range <first-last>", "ports for NodePort Services", "30000-32767");
  add("Networking:", "--cluster-dns <ip>", "address of the cluster DNS (the tenth of the service network)");
  add("Networking:", "--cluster-domain <domain>", "domain of the cluster DNS", "cluster.local");
  add("Agent:", "--disable-agent", "run no containers on this machine; needs no root", false);
  add("Agent:", "--node-name <name>", "name of the node (the host's name)");
  add("Agent:", "-i, --node-ip <ip>", "address of the node (that of the default route)");
  add("Agent:", "--node-label <key=value>", "label of the node (repeatable)", []);
  add("Agent:", "--node-taint <key=value:effect>", "taint of the node (repeatable)", []);
  add("Agent:", "--container-runtime-endpoint <socket>", "use this containerd instead of one of Skiff's own");
  add("Agent:", "--kubelet-port <port>", "port of the node's own API", "10250");
  add(
    "Agent:",
    "--resolv-conf <file>",
    "name servers for Pods and for the cluster DNS to forward to",
    "/etc/resolv.conf",
  );
  add("Other:", "--ready-file <file>", "written when the API answers and again when the node is Ready");
  add("Other:", "--debug", "log more", false);
  return command;
}
