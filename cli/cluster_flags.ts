import { type Command, Option } from "commander";
import type { ServerOptions } from "../server/options.ts";
import { UserError } from "./error.ts";

/** The flags by which several servers become one cluster; names are k3s's where it has one. */
export interface ClusterFlags {
  readonly clusterInit: boolean;
  readonly server?: string;
  readonly clusterReset: boolean;
  readonly clusterResetRestorePath?: string;
  readonly etcdClientPort: string;
  readonly etcdPeerPort: string;
}

export function withClusterFlags(command: Command): Command {
  const options = [
    new Option(
      "--cluster-init",
      "keep the state in an etcd that Skiff runs, which other servers join; what SQLite holds moves there",
    ).default(false),
    new Option("-s, --server <url>", "join the cluster of this server, https://HOST:6443, by its --token"),
    new Option(
      "--cluster-reset",
      "make this server's etcd the only member of its cluster, after the others are lost for good, and exit",
    ).default(false),
    new Option(
      "--cluster-reset-restore-path <file>",
      "with --cluster-reset: go back to this snapshot (a file, or a name in the snapshots' directory)",
    ),
    new Option("--etcd-client-port <port>", "port of that etcd, on the loopback and the advertised address").default(
      "2379",
    ),
    new Option("--etcd-peer-port <port>", "its port for other members, on the advertised address").default("2380"),
  ];
  for (const option of options) command.addOption(option.helpGroup("Cluster:"));
  return command;
}

/** Throws a UserError that names the flag. `port` reads a port of a flag. */
export function clusterSettings(
  flags: ClusterFlags,
  port: (flag: string, value: string) => number,
): Pick<ServerOptions, "cluster"> {
  const { clusterInit: init, server } = flags;
  if (flags.clusterResetRestorePath !== undefined && !flags.clusterReset) {
    throw new UserError("--cluster-reset-restore-path goes with --cluster-reset: give both or neither");
  }
  if (flags.clusterReset && (init || server !== undefined)) {
    throw new UserError("--cluster-reset works on the member that is there: leave out --cluster-init and --server");
  }
  return {
    cluster: {
      init,
      ...server !== undefined && { server: serverUrl(server) },
      clientPort: port("--etcd-client-port", flags.etcdClientPort),
      peerPort: port("--etcd-peer-port", flags.etcdPeerPort),
    },
  };
}

/** Without a path at its end. */
function serverUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "https:" && url.pathname === "/" && url.username === "" && url.search === "") return url.origin;
  throw new UserError(`--server ${JSON.stringify(text)} is not of the form https://HOST:PORT`);
}
