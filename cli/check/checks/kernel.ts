import { type Check, error, type Problem, warning } from "../finding.ts";

interface Feature {
  readonly module: string;
  readonly severity: Problem["severity"];
  readonly purpose: string;
}

const FEATURES: readonly Feature[] = [
  { module: "veth", severity: "error", purpose: "Pods have interfaces" },
  { module: "bridge", severity: "error", purpose: "Pods are on a bridge" },
  { module: "nf_tables", severity: "error", purpose: "Services are nftables rules" },
  { module: "nft_chain_nat", severity: "error", purpose: "Services translate addresses" },
  { module: "nf_conntrack", severity: "error", purpose: "Services translate addresses" },
  { module: "overlay", severity: "warning", purpose: "images share their layers; without it each container is a copy" },
  { module: "br_netfilter", severity: "warning", purpose: "Pods behind one Service see each other's addresses" },
  { module: "vxlan", severity: "warning", purpose: "Pods of several nodes reach each other" },
];
/** Raspberry Pi OS and Ubuntu for the Pi keep some modules in a package of their own. */
const MEND =
  "load it with modprobe; where it is not there, install the kernel's extra modules (linux-modules-extra-raspi on Ubuntu) or another kernel";
const OLDEST = [5, 4] as const;
/** Each Pod's logs and volumes are watched. */
const FEW_INOTIFY = 256;

/** What the kernel must be able to do. */
export const kernelChecks: readonly Check[] = [
  {
    name: "kernel version",
    run({ kernel }) {
      const [major = 0, minor = 0] = kernel.split(".").map((word) => Number.parseInt(word, 10));
      if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
      return warning(
        `Linux ${kernel} is older than ${OLDEST.join(".")}, the oldest that is tried`,
        "update the system",
      );
    },
  },
  ...FEATURES.map(({ module, severity, purpose }): Check => ({
    name: `kernel feature ${module}`,
    ofNodes: true,
    run: ({ modules }) =>
      modules[module] === "missing"
        ? { severity, what: `the kernel has no ${module} (${purpose})`, mend: MEND }
        : undefined,
  })),
  {
    name: "inotify",
    ofNodes: true,
    run({ inotifyInstances }) {
      if (inotifyInstances === undefined || inotifyInstances >= FEW_INOTIFY) return undefined;
      return warning(
        `fs.inotify.max_user_instances is ${inotifyInstances}: programs in many Pods will not be able to watch files`,
        "echo fs.inotify.max_user_instances=1024 | sudo tee /etc/sysctl.d/90-skiff.conf && sudo sysctl --system",
      );
    },
  },
  {
    name: "AppArmor",
    ofNodes: true,
    run({ appArmor }) {
      if (!appArmor.enabled || appArmor.hasParser) return undefined;
      return error(
        "the kernel enforces AppArmor, but there is no apparmor_parser to load the containers' profile",
        "install the package apparmor",
      );
    },
  },
];
