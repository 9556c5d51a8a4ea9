import type { Command } from "commander";
import { type AuthenticationFlags, withAuthenticationFlags } from "./authentication_settings.ts";
import { type ClusterFlags, withClusterFlags } from "./cluster_flags.ts";
import { withConfiguration } from "./config/configuration.ts";
import { type DatastoreCareFlags, withDatastoreCareFlags } from "./datastore_settings.ts";
import { flagAdder } from "./flag_adder.ts";
import { type NodeFlags, withNodeFlags } from "./node_flags.ts";
import { type TokenFlags, withTokenFlags } from "./token_flags.ts";

/** The flags of `skiff server` as commander hands them over. Names are k3s's where it has one. */
export interface ServerFlags extends ClusterFlags, DatastoreCareFlags, NodeFlags, TokenFlags, AuthenticationFlags {
  readonly bindAddress: string;
  readonly httpsListenPort: string;
  readonly advertiseAddress?: string;
  readonly advertisePort?: string;
  readonly tlsSan: readonly string[];
  readonly writeKubeconfig: string;
  readonly writeKubeconfigMode: string;
  readonly writeKubeconfigGroup?: string;
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
  readonly disableScheduler: boolean;
  readonly secretsEncryption: boolean;
  readonly http1Only: boolean;
  readonly disableAgent: boolean;
}

/** Adds the flags, grouped as the help shows them. */
export function withServerFlags(command: Command, environment = () => Deno.env.toObject()): Command {
  const add = flagAdder(command);
  add("Server:", "--bind-address <ip>", "address the API listens on", "0.0.0.0");
  add("Server:", "--https-listen-port <port>", "port of the API", "6443");
  add("Server:", "--advertise-address <ip>", "address where Pods and nodes reach the API (the node's address)");
  add("Server:", "--advertise-port <port>", "port where Pods reach the API (that of --https-listen-port)");
  add("Server:", "--tls-san <name>", "further name or address in the API's certificate (repeatable)", []);
  add("Server:", "-o, --write-kubeconfig <file>", "the administrator's kubeconfig", "/etc/skiff/skiff.yaml");
  add("Server:", "--write-kubeconfig-mode <mode>", "its file mode, octal", "600");
  add("Server:", "--write-kubeconfig-group <group>", "its group, by name or number");
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
  add("Server:", "--disable-scheduler", "leave Pods to schedulers that run elsewhere", false);
  add("Server:", "--secrets-encryption", "encrypt Secrets in the datastore; see skiff secrets-encrypt", false);
  add("Server:", "--http1-only", "do not offer HTTP/2", false);
  withTokenFlags(command);
  withClusterFlags(command);
  withDatastoreCareFlags(command);
  withAuthenticationFlags(command);
  add("Networking:", "--cluster-cidr <cidr>", "network of the Pods", "10.42.0.0/16");
  add("Networking:", "--service-cidr <cidr>", "network of the Services", "10.43.0.0/16");
  add("Networking:", "--service-node-port-range <first-last>", "ports for NodePort Services", "30000-32767");
  add("Networking:", "--cluster-dns <ip>", "address of the cluster DNS (the tenth of the service network)");
  add("Networking:", "--cluster-domain <domain>", "domain of the cluster DNS", "cluster.local");
  add("Agent:", "--disable-agent", "run no containers on this machine; needs no root", false);
  withNodeFlags(command);
  return withConfiguration(command, environment);
}
