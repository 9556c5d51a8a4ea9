import { freePort } from "../../../tests/fixtures/free_port.ts";

/** A real etcd (Debian's etcd-server) for tests, on free ports, with its data in a directory of its own. */
export interface TestEtcd {
  readonly endpoint: string;
  readonly port: number;
  readonly directory: string;
  /** Kills it (SIGKILL), if it runs. */
  kill(): Promise<void>;
  /** Starts it again on the same data; resolves when it answers. */
  start(): Promise<void>;
  /** Stops the process where it is, with its connections open; {@linkcode TestEtcd.kill} ends it. */
  freeze(): void;
  dispose(): Promise<void>;
}

export interface TestEtcdOptions {
  /** Server and client certificates for https. */
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** Wait for the disk, as a real one does; tests of behaviour need not. */
  readonly fsync?: boolean;
}

async function isUp(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

interface Ports {
  readonly client: number;
  readonly peer: number;
}

/** One etcd by itself. */
export async function startEtcd(options: TestEtcdOptions = {}): Promise<TestEtcd> {
  const [etcd] = await startCluster(1, options);
  return etcd!;
}

/** A cluster of so many members; resolves when all answer. */
export async function startCluster(size: number, options: TestEtcdOptions = {}): Promise<TestEtcd[]> {
  const ports = Array.from({ length: size }, (): Ports => ({ client: freePort(), peer: freePort() }));
  const members = await Promise.all(ports.map((_, index) => newMember(ports, index, options)));
  const started = await Promise.allSettled(members.map((member) => member.start()));
  const failed = started.find((result) => result.status === "rejected");
  if (failed) {
    await Promise.all(members.map((member) => member.dispose()));
    throw failed.reason;
  }
  return members;
}

async function newMember(
  all: readonly Ports[],
  index: number,
  { tls, fsync = false }: TestEtcdOptions,
): Promise<TestEtcd> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-etcd-" });
  const { client, peer } = all[index]!;
  const endpoint = `${tls ? "https" : "http"}://127.0.0.1:${client}`;
  const args = [
    `--name=m${index}`,
    `--data-dir=${directory}/data`,
    `--listen-client-urls=${endpoint}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=${all.map(({ peer }, i) => `m${i}=http://127.0.0.1:${peer}`).join()}`,
    "--max-request-bytes=8388608",
    "--logger=zap",
    `--log-outputs=${directory}/etcd.log`,
    `--heartbeat-interval=${all.length > 1 ? 100 : 20}`,
    `--election-timeout=${all.length > 1 ? 1000 : 200}`,
    ...fsync ? [] : ["--unsafe-no-fsync"],
    ...tls
      ? [
        `--trusted-ca-file=${tls.caFile}`,
        `--cert-file=${tls.certFile}`,
        `--key-file=${tls.keyFile}`,
        "--client-cert-auth",
      ]
      : [],
  ];
  let child: Deno.ChildProcess | undefined;
  let exited = false;

  async function start(): Promise<void> {
    child = new Deno.Command("etcd", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    exited = false;
    void child.status.then(() => exited = true);
    while (!await isUp(client)) {
      if (exited) throw new Error(`etcd ended: ${await Deno.readTextFile(`${directory}/etcd.log`)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async function kill(): Promise<void> {
    if (!child) return;
    const { status } = child;
    if (!exited) child.kill("SIGKILL");
    child = undefined;
    await status;
  }

  return {
    endpoint,
    port: client,
    directory,
    start,
    kill,
    freeze: () => child?.kill("SIGSTOP"),
    async dispose() {
      await kill();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
