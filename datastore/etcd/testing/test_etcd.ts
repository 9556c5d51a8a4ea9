import "../../../tests/fixtures/http2_guard.ts";
import { freePort } from "../../../tests/fixtures/free_port.ts";

/** A real etcd (Debian's etcd-server) for tests, on free ports, with its data in a directory of its own. */
export interface TestEtcd {
  readonly name: string;
  readonly endpoint: string;
  /** Where the other members find it. */
  readonly peerUrl: string;
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
  /** Where the members are; all on the loopback when absent. */
  readonly places?: readonly Place[];
}

/** Where a member runs. */
export interface Place {
  /** Its address. */
  readonly host: string;
  /** The command that runs another one there. */
  readonly command: readonly string[];
}

const HERE: Place = { host: "127.0.0.1", command: [] };

async function isUp(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch {
    return false;
  }
}

interface Member {
  readonly name: string;
  readonly place: Place;
  readonly client: number;
  readonly peerUrl: string;
}

/** One etcd by itself. */
export async function startEtcd(options: TestEtcdOptions = {}): Promise<TestEtcd> {
  const [etcd] = await startCluster(1, options);
  return etcd!;
}

/** A cluster of so many members; resolves when all answer. */
export async function startCluster(size: number, options: TestEtcdOptions = {}): Promise<TestEtcd[]> {
  const all = Array.from({ length: size }, (_, index) => memberAt(`m${index}`, options.places?.[index]));
  const members = await Promise.all(all.map((member) => newMember(member, all, "new", options)));
  const started = await Promise.allSettled(members.map((member) => member.start()));
  const failed = started.find((result) => result.status === "rejected");
  if (failed) {
    await Promise.all(members.map((member) => member.dispose()));
    throw failed.reason;
  }
  return members;
}

/** One more, not started, of a cluster that must be told of its `peerUrl` before it starts. */
export function newMemberOf(
  members: readonly TestEtcd[],
  name: string,
  { places, ...options }: TestEtcdOptions = {},
): Promise<TestEtcd> {
  const member = memberAt(name, places?.[0]);
  return newMember(member, [...members, member], "existing", options);
}

function memberAt(name: string, place = HERE): Member {
  return { name, place, client: freePort(), peerUrl: `http://${place.host}:${freePort()}` };
}

async function newMember(
  member: Member,
  all: readonly Pick<Member, "name" | "peerUrl">[],
  state: "new" | "existing",
  { tls, fsync = false }: TestEtcdOptions,
): Promise<TestEtcd> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-etcd-" });
  const { name, client, peerUrl, place: { host, command } } = member;
  const endpoint = `${tls ? "https" : "http"}://${host}:${client}`;
  const args = [
    `--name=${name}`,
    `--data-dir=${directory}/data`,
    `--listen-client-urls=${endpoint}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=${all.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join()}`,
    `--initial-cluster-state=${state}`,
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
    const [program, ...rest] = [...command, "etcd", ...args];
    child = new Deno.Command(program!, { args: rest, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    exited = false;
    void child.status.then(() => exited = true);
    while (!await isUp(host, client)) {
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
    name,
    endpoint,
    peerUrl,
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
