import { type NamespacedHost, NamespacedHosts } from "../fixtures/namespaced_hosts.ts";
import { type Output, run } from "./cluster.ts";
import { retry } from "./retry.ts";

const top = new URL("../../", import.meta.url).pathname;
const STARTS_WITHIN = 60_000;

/** Where a server runs: a {@linkcode NamespacedHost}, or an address of this machine's loopback. */
export type Machine = Pick<NamespacedHost, "address" | "command">;

/** One of several servers: `skiff server --disable-agent` in a process of its own, with a directory of its own, whose last part is its name. */
export class TestServer<M extends Machine = NamespacedHost> {
  readonly host: M;
  readonly directory: string;
  readonly port: number;
  #child: Deno.ChildProcess | undefined;
  #hasEnded = false;

  constructor(host: M, directory: string, port = 6443) {
    this.host = host;
    this.directory = directory;
    this.port = port;
  }

  get name(): string {
    return this.directory.split("/").at(-1)!;
  }

  get url(): string {
    return `https://${this.host.address}:${this.port}`;
  }

  get dataDir(): string {
    return `${this.directory}/data`;
  }

  get kubeconfig(): string {
    return `${this.directory}/kubeconfig`;
  }

  /** Starts it and waits until its API answers; rejects with the end of its log when it ends before. */
  async start(...flags: readonly string[]): Promise<void> {
    const ready = `${this.directory}/ready.json`;
    await Deno.mkdir(this.directory, { recursive: true });
    await Deno.remove(ready).catch(() => {});
    const child = this.#child = this.#command(["server", ...this.#flags(), "--ready-file", ready, ...flags]).spawn();
    this.#hasEnded = false;
    void child.status.then(() => this.#hasEnded = true);
    for (const end = Date.now() + STARTS_WITHIN; !await Deno.stat(ready).then(() => true, () => false);) {
      if (this.#hasEnded || Date.now() > end) {
        throw new Error(`${this.directory} ${this.#hasEnded ? "ended" : "did not start"}:\n${await this.log()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Runs `skiff server` with these flags to its end: what it said, and its exit code. */
  async run(...flags: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
    await Deno.mkdir(this.directory, { recursive: true });
    const before = (await this.log()).length;
    const { code } = await this.#command(["server", ...this.#flags(), ...flags]).spawn().status;
    return { code, said: (await this.log()).slice(before) };
  }

  /** `skiff` with other arguments, on the server's host. */
  async skiff(...args: readonly string[]): Promise<Output> {
    const { code, stdout, stderr } = await this.host.command(`${top}scripts/skiff`, args).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  async token(): Promise<string> {
    return (await Deno.readTextFile(`${this.dataDir}/server/token`)).trim();
  }

  async log(): Promise<string> {
    return await Deno.readTextFile(`${this.directory}/log`).catch(() => "");
  }

  /** Resolves when its process has ended, however. */
  async ended(): Promise<void> {
    await this.#child!.status;
  }

  /** SIGTERM, if it runs; resolves when it has ended. */
  async stop(): Promise<Deno.CommandStatus> {
    if (!this.#hasEnded) this.#child!.kill("SIGTERM");
    return await this.#child!.status;
  }

  /** Skiff alone dies; its etcd lives on. */
  async kill(): Promise<void> {
    this.#child!.kill("SIGKILL");
    await this.#child!.status;
  }

  #flags(): string[] {
    return [
      "--disable-agent",
      `--data-dir=${this.dataDir}`,
      `--node-name=${this.name}`,
      `--node-ip=${this.host.address}`,
      `--bind-address=${this.host.address}`,
      `--https-listen-port=${this.port}`,
      `--write-kubeconfig=${this.kubeconfig}`,
    ];
  }

  #command(args: readonly string[]): Deno.Command {
    const script = 'log=$1; shift; exec "$@" >>"$log" 2>&1';
    return this.host.command("sh", ["-c", script, "sh", `${this.directory}/log`, `${top}scripts/skiff`, ...args], {
      stdin: "null",
    });
  }
}

/** Hosts for servers, `s1`, `s2` …, and one more for their clients, all on one network that nobody else is on. Nothing is started yet. */
export class ServerCluster implements AsyncDisposable {
  readonly servers: readonly TestServer[];
  readonly directory: string;
  readonly #hosts: NamespacedHosts;

  private constructor(hosts: NamespacedHosts, directory: string) {
    this.#hosts = hosts;
    this.directory = directory;
    this.servers = hosts.hosts.slice(0, -1).map((host, i) => new TestServer(host, `${directory}/s${i + 1}`));
  }

  static async create(size: number): Promise<ServerCluster> {
    const hosts = await NamespacedHosts.create(size + 1);
    return new ServerCluster(hosts, await Deno.makeTempDir({ prefix: "skiff-servers-" }));
  }

  /** The first server begins a cluster in etcd, the others join it one after the other. */
  async startAll(): Promise<void> {
    const [first, ...others] = this.servers as [TestServer, ...TestServer[]];
    await first.start("--cluster-init");
    const token = await first.token();
    for (const server of others) await server.start(`--server=${first.url}`, `--token=${token}`);
  }

  /** The server whose member leads, as `asked` sees it; waits while they choose one. */
  async etcdLeader(asked: TestServer): Promise<TestServer> {
    return await retry("a leader of etcd", async () => {
      const { stdout } = await asked.skiff("etcd", "status", `--data-dir=${asked.dataDir}`, "--output=json");
      const members = JSON.parse(stdout) as { name: string; isLeader: boolean }[];
      const leader = members.find(({ isLeader }) => isLeader);
      if (leader === undefined) throw new Error(`none of ${members.map(({ name }) => name).join(", ")} leads`);
      return this.servers.find(({ name }) => leader.name.startsWith(`${name}-`))!;
    });
  }

  /** Everything on a server's host dies, as in a loss of power. */
  async crash(server: TestServer): Promise<void> {
    server.host.crash();
    await server.ended();
  }

  /** Where clients run. */
  get clientHost(): NamespacedHost {
    return this.#hosts.hosts.at(-1)!;
  }

  /** kubectl on the clients' host, talking to this server as administrator. */
  async tryKubectl(server: TestServer, ...args: readonly string[]): Promise<Output> {
    const command = this.clientHost.command("kubectl", [
      `--kubeconfig=${server.kubeconfig}`,
      `--server=${server.url}`,
      ...args,
    ]);
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  async kubectl(server: TestServer, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(server, ...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} failed (${code}): ${stderr}`);
    return stdout;
  }

  /** The server whose controllers are at work. */
  async leader(asked: TestServer): Promise<TestServer> {
    const path = "jsonpath={.spec.holderIdentity}";
    const holder = await this.kubectl(
      asked,
      "get",
      "lease",
      "-n",
      "kube-system",
      "kube-controller-manager",
      "-o",
      path,
    );
    const found = this.servers.find(({ name }) => holder.startsWith(`${name}_`));
    if (found === undefined) throw new Error(`the leader is ${JSON.stringify(holder)}, none of the servers`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hosts[Symbol.asyncDispose]();
    if (Deno.env.get("SKIFF_TEST_KEEP_LOGS")) await run("cp", ["-r", this.directory, `${this.directory}-kept`]);
    await retry("the directory to go", () => Deno.remove(this.directory, { recursive: true }), 5_000);
  }
}
