import type { Facts } from "../facts.ts";
import { type Check, error, warning } from "../finding.ts";

interface Port {
  readonly id: string;
  readonly purpose: string;
  readonly flag: string;
}

function portsOf({ wanted }: Facts): readonly Port[] {
  const server = { id: `tcp/${wanted.apiPort}`, purpose: "the API", flag: "--https-listen-port" };
  const node = { id: `tcp/${wanted.kubeletPort}`, purpose: "the node's own API", flag: "--kubelet-port" };
  const all = [...(wanted.role === "server" ? [server] : []), ...(wanted.runsContainers ? [node] : [])];
  // Port 0 is any that is free.
  return all.filter(({ id }) => id !== "tcp/0");
}

/** Ports, addresses, firewalls. */
export const networkChecks: readonly Check[] = [
  {
    name: "ports",
    run(facts) {
      if (facts.wanted.installed) return undefined;
      const taken = portsOf(facts).filter(({ id }) => facts.listening.has(id));
      if (taken.length === 0) return undefined;
      return error(
        `in use by another program: ${taken.map(({ id, purpose }) => `${id} (${purpose})`).join(", ")}`,
        `see which with ss -tlnp; stop it, or choose others with ${taken.map(({ flag }) => flag).join(", ")}`,
      );
    },
  },
  {
    name: "address",
    run({ addresses }) {
      if (addresses.length > 0) return undefined;
      return warning(
        "no interface has an IPv4 address: the node would be 127.0.0.1, and Pods cannot reach the API there",
        "connect a cable or a network, or give an interface an address: ip address add 192.0.2.1/24 dev eth0",
      );
    },
  },
  {
    name: "firewall",
    run(facts) {
      const { active, dropping } = facts.firewall;
      const ports = portsOf(facts).map(({ id }) => id.slice("tcp/".length));
      if (active === "ufw") {
        const allow = ports.map((port) => `sudo ufw allow ${port}/tcp`);
        return warning(
          "ufw is active: it stops other machines, and Pods, from reaching this one",
          [...allow, "sudo ufw allow from 10.42.0.0/16", "sudo ufw route allow from 10.42.0.0/16"].join(" && "),
        );
      }
      if (active === "firewalld") {
        const open = ports.map((port) => `sudo firewall-cmd --permanent --add-port=${port}/tcp`);
        const trust =
          "sudo firewall-cmd --permanent --zone=trusted --add-source=10.42.0.0/16 --add-source=10.43.0.0/16";
        return warning(
          "firewalld is active: it stops other machines, and Pods, from reaching this one",
          [...open, trust, "sudo firewall-cmd --reload"].join(" && "),
        );
      }
      if (dropping.length === 0) return undefined;
      const chains = dropping.map(({ hook, chain }) => `${chain} (${hook})`).join(", ");
      return warning(
        `chains of nftables drop what they do not know: ${chains}`,
        `let them accept 10.42.0.0/16, the Pods' network${
          ports.length > 0 ? `, and the ports ${ports.join(", ")}` : ""
        }`,
      );
    },
  },
];
