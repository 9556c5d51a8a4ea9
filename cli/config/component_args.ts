import { suggestion } from "./nearest.ts";
import { UserError } from "../error.ts";

/** Arguments of Kubernetes' components, by k3s's flags for them, and the flag of Skiff that is meant. */
const COMPONENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "kube-apiserver-arg": {
    "admission-control-config-file": "admission-control-config-file",
    "advertise-address": "advertise-address",
    "authorization-config": "authorization-config",
    "service-cluster-ip-range": "service-cidr",
    "service-node-port-range": "service-node-port-range",
  },
  "kube-controller-manager-arg": {
    "cluster-cidr": "cluster-cidr",
    "service-cluster-ip-range": "service-cidr",
  },
  "kube-scheduler-arg": {},
  "kubelet-arg": {
    "cluster-dns": "cluster-dns",
    "cluster-domain": "cluster-domain",
    "container-runtime-endpoint": "container-runtime-endpoint",
    "hostname-override": "node-name",
    "max-pods": "max-pods",
    "node-ip": "node-ip",
    "node-labels": "node-label",
    "port": "kubelet-port",
    "protect-kernel-defaults": "protect-kernel-defaults",
    "register-with-taints": "node-taint",
    "resolv-conf": "resolv-conf",
  },
};

export const componentFlags: readonly string[] = Object.keys(COMPONENTS);

/** `max-pods=50` of `--kubelet-arg` is `--max-pods 50`. Throws a UserError for what has no meaning here. */
export function flagOfArgument(component: string, argument: string): { readonly flag: string; readonly value: string } {
  const [, name = "", value = "true"] = /^-{0,2}([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
  const args = COMPONENTS[component]!;
  const flag = args[name];
  if (flag !== undefined) return { flag, value };
  const names = Object.keys(args);
  const known = names.length === 0 ? "" : ` It knows ${names.join(", ")}`;
  throw new UserError(
    `--${component} ${JSON.stringify(argument)}: Skiff is one process of its own and has no such argument` +
      (suggestion(name, names) || (known && ".")) + known,
  );
}
