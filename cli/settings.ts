import ipaddr from "ipaddr.js";
import { NodeOptionError, parseTaint } from "../agent/node/node_object.ts";
import type { AgentOptions } from "../agent/options.ts";
import { checkDns1123Subdomain, checkLabelValue, checkQualifiedName } from "../api/meta/names.ts";
import type { ServerOptions } from "../server/options.ts";
import { clusterSettings } from "./cluster_flags.ts";
import { datastoreCare } from "./datastore_settings.ts";
import { UserError } from "./error.ts";
import { instanceOf } from "./instance.ts";
import type { ServerFlags } from "./server_flags.ts";
import { tokenSettings } from "./token_flags.ts";

/** What the machine says of itself. */
export interface Host {
  readonly name: string;
  /** The address of the default route's interface, else any that is not loopback, else 127.0.0.1. */
  readonly address: string;
  readonly workingDirectory: string;
}

export interface Settings {
  readonly server: ServerOptions;
  /** Absent with `--disable-agent`. */
  readonly agent?: AgentOptions;
}

/** Makes settings of flags. Pure; throws a UserError that names the flag, its value and what it takes. */
export async function settingsFrom(flags: ServerFlags, host: Host): Promise<Settings> {
  const dataDir = absolute(flags.dataDir, host.workingDirectory);
  const nodeName = (flags.nodeName ?? host.name).toLowerCase();
  requireValid("--node-name", nodeName, checkDns1123Subdomain(nodeName));
  requireValid("--cluster-domain", flags.clusterDomain, checkDns1123Subdomain(flags.clusterDomain));
  const nodeIP = address("--node-ip", flags.nodeIp ?? host.address);
  const clusterCidr = network("--cluster-cidr", flags.clusterCidr, 24);
  const serviceCidr = network("--service-cidr", flags.serviceCidr, 28);
  if (overlaps(clusterCidr, serviceCidr)) {
    throw new UserError(
      `--cluster-cidr ${clusterCidr} and --service-cidr ${serviceCidr} overlap; choose two networks that do not`,
    );
  }
  const clusterDns = address("--cluster-dns", flags.clusterDns ?? addressInNetwork(serviceCidr, 10));
  if (!contains(serviceCidr, clusterDns)) {
    throw new UserError(`--cluster-dns ${clusterDns} is not in the service network ${serviceCidr}`);
  }
  const shared = { dataDir, clusterCidr, serviceCidr, clusterDns, clusterDomain: flags.clusterDomain };
  const server: ServerOptions = {
    ...shared,
    name: nodeName,
    ...clusterSettings(flags, port),
    bindAddress: address("--bind-address", flags.bindAddress),
    port: port("--https-listen-port", flags.httpsListenPort),
    advertiseAddress: flags.advertiseAddress ? address("--advertise-address", flags.advertiseAddress) : nodeIP,
    tlsSan: [nodeName, nodeIP, ...flags.tlsSan],
    nodePorts: portRange("--service-node-port-range", flags.serviceNodePortRange),
    ...(flags.datastoreEndpoint !== undefined && { datastoreEndpoint: flags.datastoreEndpoint }),
    ...datastoreTls(flags, host.workingDirectory),
    ...await datastoreCare(flags, {
      node: nodeName,
      workingDirectory: host.workingDirectory,
      endpoint: flags.datastoreEndpoint,
    }),
    ...await tokenSettings(flags),
    kubeconfig: absolute(flags.writeKubeconfig, host.workingDirectory),
    kubeconfigMode: mode("--write-kubeconfig-mode", flags.writeKubeconfigMode),
    ...(flags.admissionControlConfigFile !== undefined && {
      admissionConfigFile: absolute(flags.admissionControlConfigFile, host.workingDirectory),
    }),
    ...(flags.authorizationConfig !== undefined && {
      authorizationConfigFile: absolute(flags.authorizationConfig, host.workingDirectory),
    }),
    disable: flags.disable,
    http1Only: flags.http1Only,
  };
  if (flags.disableAgent) return { server };
  const agent: AgentOptions = {
    ...shared,
    nodeName,
    nodeIP,
    nodeLabels: flags.nodeLabel.map(label),
    nodeTaints: flags.nodeTaint.map(taint),
    podCidr: firstSubnet(clusterCidr),
    ...(flags.containerRuntimeEndpoint !== undefined && { containerRuntimeEndpoint: flags.containerRuntimeEndpoint }),
    kubeletPort: port("--kubelet-port", flags.kubeletPort),
    resolvConf: absolute(flags.resolvConf, host.workingDirectory),
    instance: await instanceOf(dataDir),
  };
  return { server, agent };
}

/** A certificate is of no use without its key, nor a key without its certificate. */
function datastoreTls(flags: ServerFlags, workingDirectory: string): Pick<ServerOptions, "datastoreTls"> {
  const { datastoreCafile: ca, datastoreCertfile: cert, datastoreKeyfile: key } = flags;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UserError("--datastore-certfile and --datastore-keyfile go together: give both or neither");
  }
  if (ca === undefined && cert === undefined) return {};
  return {
    datastoreTls: {
      ...(ca !== undefined && { caFile: absolute(ca, workingDirectory) }),
      ...(cert !== undefined && { certFile: absolute(cert, workingDirectory) }),
      ...(key !== undefined && { keyFile: absolute(key, workingDirectory) }),
    },
  };
}

function requireValid(flag: string, value: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new UserError(`${flag} ${JSON.stringify(value)}: ${problems.join("; ")}`);
}

function absolute(path: string, workingDirectory: string): string {
  const joined = path.startsWith("/") ? path : `${workingDirectory}/${path}`;
  return decodeURIComponent(new URL(`file://${encodeURI(joined)}`).pathname).replace(/(?<=.)\/+$/, "");
}

function address(flag: string, value: string): string {
  if (!ipaddr.isValid(value)) throw new UserError(`${flag} ${JSON.stringify(value)} is no IP address`);
  return value;
}

function network(flag: string, value: string, longest: number): string {
  if (!ipaddr.IPv4.isValidCIDR(value)) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is no IPv4 network such as 10.42.0.0/16`);
  }
  const [base, bits] = ipaddr.IPv4.parseCIDR(value);
  if (bits > longest || bits < 8) throw new UserError(`${flag} ${value}: the prefix must be from /8 to /${longest}`);
  return `${ipaddr.IPv4.networkAddressFromCIDR(`${base}/${bits}`)}/${bits}`;
}

function contains(cidr: string, ip: string): boolean {
  const parsed = ipaddr.parse(ip);
  return parsed.kind() === "ipv4" && parsed.match(ipaddr.IPv4.parseCIDR(cidr));
}

function overlaps(a: string, b: string): boolean {
  return contains(a, b.split("/")[0]!) || contains(b, a.split("/")[0]!);
}

/** The `n`th address of a network: 1 is the first host. */
export function addressInNetwork(cidr: string, n: number): string {
  const [base] = ipaddr.IPv4.parseCIDR(cidr);
  const value = base.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** A node's Pods live in a /24 of the cluster's network; the first one for a cluster of one. */
function firstSubnet(cidr: string): string {
  return `${cidr.split("/")[0]}/24`;
}

function integer(flag: string, value: string, low: number, high: number): number {
  const parsed = /^[0-9]{1,6}$/.test(value) ? Number(value) : NaN;
  if (!(parsed >= low && parsed <= high)) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is not a number from ${low} to ${high}`);
  }
  return parsed;
}

function port(flag: string, value: string): number {
  return integer(flag, value, 0, 65535);
}

function portRange(flag: string, value: string): { first: number; last: number } {
  const [first = "", last = ""] = value.split("-");
  const range = { first: integer(flag, first, 1, 65535), last: integer(flag, last, 1, 65535) };
  if (range.first > range.last) throw new UserError(`${flag} ${value}: the first port is above the last`);
  return range;
}

function mode(flag: string, value: string): number {
  if (!/^0?[0-7]{3}$/.test(value)) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is no octal file mode such as 600`);
  }
  return parseInt(value, 8);
}

function label(text: string): string {
  const equals = text.indexOf("=");
  if (equals < 0) throw new UserError(`--node-label ${JSON.stringify(text)} is not of the form key=value`);
  requireValid("--node-label", text, [
    ...checkQualifiedName(text.slice(0, equals)),
    ...checkLabelValue(text.slice(equals + 1)),
  ]);
  return text;
}

function taint(text: string): string {
  try {
    const { key, value = "" } = parseTaint(text);
    requireValid("--node-taint", text, [...checkQualifiedName(key), ...checkLabelValue(value)]);
  } catch (error) {
    if (error instanceof NodeOptionError) throw new UserError(`--node-taint: ${error.message}`, { cause: error });
    throw error;
  }
  return text;
}
