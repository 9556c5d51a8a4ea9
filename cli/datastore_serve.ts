import { getLogger } from "@logtape/logtape";
import { Command } from "commander";
import type { ServeTls } from "../datastore/etcd_face/serve.ts";
import { UserError } from "./error.ts";
import { listenAddress } from "./listen_address.ts";
import { setUpLogging } from "./logging.ts";
import { stopSignal } from "./stop_signal.ts";
import { storeFile, type StoreFlags, storeOptions, withStoreFlags } from "./store_flags.ts";
import { forUser } from "./user_errors.ts";

const logger = getLogger(["skiff", "datastore"]);

interface ServeFlags extends StoreFlags {
  readonly listen: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly trustedCaFile?: string;
  readonly debug: boolean;
}

/** `skiff datastore serve`: the etcd API over any datastore, until SIGTERM or SIGINT. The names of the TLS flags are etcd's. */
export function datastoreServeCommand(): Command {
  const command = new Command("serve")
    .description(
      "serve the etcd v3 API over a datastore, for etcdctl or a stock kube-apiserver; no server may have it open",
    )
    .option("--listen <address:port>", "where to listen", "127.0.0.1:2379")
    .option("--cert-file <file>", "the server's certificate; without one it speaks plain text")
    .option("--key-file <file>", "its key")
    .option("--trusted-ca-file <file>", "authority that clients' certificates must come from")
    .option("--debug", "log more", false);
  return withStoreFlags(command).action((flags: ServeFlags) => forUser(() => serve(flags)));
}

async function serve(flags: ServeFlags): Promise<void> {
  const { address, port, isLoopback } = listenAddress("--listen", flags.listen);
  if (!isLoopback && flags.trustedCaFile === undefined) {
    throw new UserError(
      `--listen ${flags.listen} is open to the network: give --cert-file, --key-file and --trusted-ca-file, or anybody could write`,
    );
  }
  const tls = await readTls(flags);
  await setUpLogging(flags.debug ? "debug" : "info");
  const stop = stopSignal();
  const [{ open }, { serveEtcd }] = await Promise.all([
    import("./store_access.ts"),
    import("../datastore/etcd_face/serve.ts"),
  ]);
  const options = await storeOptions(flags);
  const datastore = await open(options);
  try {
    // A file or this process's memory is nobody else's.
    const exclusive = storeFile(options) !== undefined || options.endpoint === "memory://";
    const face = await serveEtcd({ datastore, address, port, exclusive, ...tls && { tls } });
    const { engine, revision } = await datastore.stats();
    logger.info("serving the etcd API on port {port} over {engine} at revision {revision}", {
      port: face.port,
      engine,
      revision,
    });
    await stop;
    await face.close();
  } finally {
    await datastore.close();
  }
}

async function readTls({ certFile, keyFile, trustedCaFile }: ServeFlags): Promise<ServeTls | undefined> {
  if (certFile === undefined && keyFile === undefined && trustedCaFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new UserError("TLS needs --cert-file and --key-file together");
  }
  const [cert, key, clientCa] = await Promise.all([
    Deno.readTextFile(certFile),
    Deno.readTextFile(keyFile),
    trustedCaFile === undefined ? undefined : Deno.readTextFile(trustedCaFile),
  ]);
  return { cert, key, ...clientCa !== undefined && { clientCa } };
}
