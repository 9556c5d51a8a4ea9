import { join } from "node:path";

/** Where the etcd member of a data directory keeps what is its own. Whoever removes `home` makes the server forget that it was a member. */
export interface EtcdPaths {
  readonly home: string;
  /** etcd's own. */
  readonly data: string;
  readonly memberFile: string;
  readonly pidFile: string;
  readonly lockFile: string;
  readonly log: string;
  readonly ca: string;
  /** `NAME.crt` and `NAME.key` in it for `peer`, `server` and `client`. */
  readonly tls: string;
  /** SQLite's, which a member takes over. */
  readonly sqlite: string;
}

export function etcdPaths(dataDir: string): EtcdPaths {
  const db = join(dataDir, "server", "db");
  const tls = join(dataDir, "server", "tls");
  const home = join(db, "etcd");
  return {
    home,
    data: join(home, "data"),
    memberFile: join(home, "member.json"),
    pidFile: join(home, "etcd.pid"),
    lockFile: join(home, "etcd.lock"),
    log: join(home, "etcd.log"),
    ca: join(tls, "etcd-ca.crt"),
    tls: join(tls, "etcd"),
    sqlite: join(db, "state.db"),
  };
}

/** The files of one certificate. */
export function certificateFiles({ tls }: EtcdPaths, name: "peer" | "server" | "client") {
  return { certFile: join(tls, `${name}.crt`), keyFile: join(tls, `${name}.key`) };
}
