import { freePort } from "../../../tests/fixtures/free_port.ts";

/** A real PostgreSQL (Debian's postgresql) for tests: a cluster of its own in a directory, on a free port of the loopback. */
export interface TestPostgres {
  readonly port: number;
  readonly directory: string;
  /** An address with a schema that nobody else has. */
  newAddress(): string;
  start(): Promise<void>;
  /** Ends it as a crash does. */
  crash(): Promise<void>;
  dispose(): Promise<void>;
}

export interface TestPostgresOptions {
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** Wait for the disk, as a real one does; tests of behaviour need not. */
  readonly fsync?: boolean;
}

const USER = "postgres";
const ENVIRONMENT = { clearEnv: true, env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" } };

async function binaries(): Promise<string> {
  const versions: number[] = [];
  for await (const { name } of Deno.readDir("/usr/lib/postgresql")) versions.push(Number(name));
  return `/usr/lib/postgresql/${Math.max(...versions)}/bin`;
}

/** It refuses to run as root. */
async function owner(): Promise<{ uid: number; gid: number } | Record<string, never>> {
  if (Deno.uid() !== 0) return {};
  const line = (await Deno.readTextFile("/etc/passwd")).split("\n").find((line) => line.startsWith(`${USER}:`));
  const [, , uid, gid] = line!.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

async function run(path: string, args: string[], options: Deno.CommandOptions): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(path, { ...options, args }).output();
  if (!success) throw new Error(`${path}: ${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`);
}

/** An empty cluster, made once in a process: making one takes ten times as long as copying it. */
let template: Promise<string> | undefined;

async function makeTemplate(bin: string, user: { uid?: number; gid?: number }): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-postgres-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  if (user.uid !== undefined) await Deno.chown(directory, user.uid, user.gid!);
  const args = ["-D", `${directory}/data`, "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-N"];
  await run(`${bin}/initdb`, args, { ...user, ...ENVIRONMENT, cwd: directory });
  return `${directory}/data`;
}

export async function startPostgres({ tls, fsync = false }: TestPostgresOptions = {}): Promise<TestPostgres> {
  const bin = await binaries();
  const directory = await Deno.makeTempDir({ prefix: "skiff-postgres-" });
  const user = await owner();
  const data = `${directory}/data`;
  const port = freePort();
  const options = { ...user, ...ENVIRONMENT, cwd: directory };
  if (user.uid !== undefined) await Deno.chown(directory, user.uid, user.gid);
  template ??= makeTemplate(bin, user);
  await run("cp", ["-a", await template, data], options);
  const settings = [
    `port=${port}`,
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${directory}`,
    "max_connections=50",
    "shared_buffers=32MB",
    ...fsync ? [] : ["fsync=off"],
  ];
  if (tls) {
    // The server wants to be the only one who can read its key.
    for (
      const [name, file] of [["server.crt", tls.certFile], ["server.key", tls.keyFile], ["ca.crt", tls.caFile]] as const
    ) {
      await Deno.copyFile(file, `${data}/${name}`);
      await Deno.chmod(`${data}/${name}`, 0o600);
      if (user.uid !== undefined) await Deno.chown(`${data}/${name}`, user.uid, user.gid);
    }
    settings.push("ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key", "ssl_ca_file=ca.crt");
    await Deno.writeTextFile(`${data}/pg_hba.conf`, "hostssl all all 127.0.0.1/32 cert map=any\n");
    await Deno.writeTextFile(`${data}/pg_ident.conf`, `any /^.*$ ${USER}\n`);
  }
  let child: Deno.ChildProcess | undefined;
  let schemas = 0;

  async function start(): Promise<void> {
    const log = `${directory}/postgres.log`;
    const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    child = new Deno.Command("/bin/sh", {
      ...options,
      args: ["-c", `exec "$0" "$@" >>${log} 2>&1`, `${bin}/postgres`, ...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let exited = false;
    void child.status.then(() => exited = true);
    for (;;) {
      const ready = new Deno.Command(`${bin}/pg_isready`, { args: ["-q", "-h", "127.0.0.1", "-p", `${port}`] });
      if ((await ready.output()).success) return;
      if (exited) throw new Error(`PostgreSQL ended: ${await Deno.readTextFile(log)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function crash(): Promise<void> {
    if (!child) return;
    const { status } = child;
    // An immediate shutdown: no checkpoint, connections are cut; recovery at the next start. SIGKILL would leave its children behind.
    child.kill("SIGQUIT");
    child = undefined;
    await status;
  }

  await start();
  return {
    port,
    directory,
    newAddress: () => `postgres://${USER}@127.0.0.1:${port}/postgres?schema=s${++schemas}`,
    start,
    crash,
    async dispose() {
      await crash();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
