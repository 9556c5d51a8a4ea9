import type { AgentOptions } from "../agent/options.ts";
import { checkDns1123Subdomain } from "../api/meta/names.ts";
import type { ServerOptions } from "../server/options.ts";
import { authenticationFrom } from "./authentication_settings.ts";
import { clusterSettings } from "./cluster_flags.ts";
import { datastoreCare } from "./datastore_settings.ts";
import { UserError } from "./error.ts";
import {
  absolute,
  address,
  addressInNetwork,
  contains,
  integer,
  mode,
  network,
  overlaps,
  port,
  portRange,
  requireValid,
} from "./flag_values.ts";
import { groupNumber } from "./groups.ts";
import type { Host } from "./host.ts";
import { nodeIdentity, nodeSettings } from "./node_settings.ts";
import type { ServerFlags } from "./server_flags.ts";
import { tokenSettings } from "./token_flags.ts";

export interface Settings {
  readonly server: ServerOptions;
  /** Absent with `--disable-agent`. */
  readonly agent?: AgentOptions;
}

/** Makes settings of flags. Pure; throws a UserError that names the flag, its value and what it takes. */
export async function settingsFrom(flags: ServerFlags, host: Host): Promise<Settings> {
  const { dataDir, nodeName, nodeIP } = await nodeIdentity(flags, host);
  requireValid("--cluster-domain", flags.clusterDomain, checkDns1123Subdomain(flags.clusterDomain));
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
  const authentication = authenticationFrom(flags, host.workingDirectory);
  const server: ServerOptions = {
    ...shared,
    name: nodeName,
    ...clusterSettings(flags, port),
    bindAddress: address("--bind-address", flags.bindAddress),
    port: port("--https-listen-port", flags.httpsListenPort),
    advertiseAddress: flags.advertiseAddress ? address("--advertise-address", flags.advertiseAddress) : nodeIP,
    ...flags.advertisePort !== undefined &&
      { advertisePort: integer("--advertise-port", flags.advertisePort, 1, 65535) },
    tlsSan: [nodeName, nodeIP, ...flags.nodeExternalIp, ...flags.tlsSan],
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
    ...flags.writeKubeconfigGroup !== undefined && {
      kubeconfigGroup: await groupNumber("--write-kubeconfig-group", flags.writeKubeconfigGroup),
    },
    ...(flags.admissionControlConfigFile !== undefined && {
      admissionConfigFile: absolute(flags.admissionControlConfigFile, host.workingDirectory),
    }),
    ...(flags.authorizationConfig !== undefined && {
      authorizationConfigFile: absolute(flags.authorizationConfig, host.workingDirectory),
    }),
    ...(authentication && { authentication }),
    disable: flags.disable,
    ...flags.secretsEncryption && { secretsEncryption: true },
    ...flags.disableScheduler && { disableScheduler: true },
    http1Only: flags.http1Only,
  };
  if (flags.disableAgent) return { server };
  const agent: AgentOptions = { ...shared, ...await nodeSettings(flags, host) };
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
