import { retry } from "./retry.ts";
import { hostNames, podInterfaces, traces } from "./host_state.ts";
import { freePort } from "../fixtures/free_port.ts";
import { placeImage } from "../fixtures/place_image.ts";

/** The image that all e2e tests run; made by the tests from Debian's busybox-static. */
export const IMAGE = "skiff.test/busybox:1";
const top = new URL("../../", import.meta.url).pathname;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ClusterOptions {
  /** Flags of `skiff server`, besides those that keep the test to itself. */
  readonly flags?: readonly string[];
  /** Environment of scripts/up. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A cluster of one, started by scripts/up in a temporary directory and stopped by scripts/down, which must leave nothing behind. */
export class TestCluster implements AsyncDisposable {
  readonly directory: string;
  readonly port: number;
  /** Networks of its own, so that clusters can run side by side: the Pods' and the Services'. */
  readonly #networks: { readonly pods: string; readonly services: string };
  readonly #flags: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  private constructor(directory: string, port: number, options: ClusterOptions) {
    this.directory = directory;
    this.port = port;
    const second = 64 + 2 * Math.floor(Math.random() * 64);
    this.#networks = { pods: `10.${second}.0.0/16`, services: `10.${second + 1}.0.0/16` };
    this.#flags = options.flags ?? [];
    this.#env = options.env ?? {};
  }

  static async start(options: ClusterOptions = {}): Promise<TestCluster> {
    const directory = await Deno.makeTempDir({ prefix: "skiff-e2e-" });
    await Deno.mkdir(`${directory}/data/agent/images`, { recursive: true });
    await placeImage(`${directory}/data/agent/images/busybox.tar`, IMAGE);
    const cluster = new TestCluster(directory, freePort(), options);
    try {
      await cluster.up();
    } catch (error) {
      await cluster.#down();
      throw error;
    }
    return cluster;
  }

  get dataDir(): string {
    return `${this.directory}/data`;
  }

  get kubeconfig(): string {
    return `${this.directory}/kubeconfig`;
  }

  /** Skiff's own process. */
  async pid(): Promise<number> {
    return Number(await Deno.readTextFile(`${this.dataDir}/skiff.pid`));
  }

  async up(): Promise<string> {
    const { code, stdout, stderr } = await run(`${top}scripts/up`, [
      `--data-dir=${this.dataDir}`,
      `--https-listen-port=${this.port}`,
      `--write-kubeconfig=${this.kubeconfig}`,
      "--kubelet-port=0",
      `--cluster-cidr=${this.#networks.pods}`,
      `--service-cidr=${this.#networks.services}`,
      ...this.#flags,
    ], { env: this.#env });
    if (code !== 0) throw new Error(`scripts/up failed (${code}):\n${stderr}`);
    return stdout + stderr;
  }

  async log(): Promise<string> {
    return await Deno.readTextFile(`${this.dataDir}/skiff.log`);
  }

  /** Runs kubectl and answers what it printed; throws when it fails. */
  async kubectl(...args: string[]): Promise<string> {
    const output = await this.tryKubectl(args);
    if (output.code !== 0) {
      throw new Error(`kubectl ${args.join(" ")} failed (${output.code}): ${output.stderr}${output.stdout}`);
    }
    return output.stdout;
  }

  /** The same, for commands that are meant to fail. */
  tryKubectl(args: readonly string[], stdin?: string): Promise<Output> {
    return run("kubectl", args, { env: { KUBECONFIG: this.kubeconfig }, ...(stdin !== undefined && { stdin }) });
  }

  async apply(manifest: string, ...args: string[]): Promise<string> {
    const output = await this.tryKubectl(["apply", "-f", "-", ...args], manifest);
    if (output.code !== 0) throw new Error(`kubectl apply failed: ${output.stderr}`);
    return output.stdout;
  }

  /** A kubectl that runs on, for -f, -w and port-forward; killed by the caller. */
  spawnKubectl(...args: string[]): Deno.ChildProcess {
    return new Deno.Command("kubectl", {
      args,
      env: { KUBECONFIG: this.kubeconfig },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** A field of an object by its JSONPath, `""` when it is not there. */
  jsonpath(resource: string, path: string, ...args: string[]): Promise<string> {
    return this.kubectl("get", ...resource.split(" "), "-o", `jsonpath=${path}`, ...args);
  }

  async down(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(`${top}scripts/down`, [`--data-dir=${this.dataDir}`, ...args]);
    if (code !== 0) throw new Error(`scripts/down failed (${code}):\n${stderr}`);
    return stdout + stderr;
  }

  /** Stops the cluster, and fails when something of it stays behind on the host. */
  async [Symbol.asyncDispose](): Promise<void> {
    const names = await hostNames(this.dataDir);
    const interfaces = await podInterfaces(names);
    try {
      await this.down();
      await retry("the host to be clean", async () => {
        const left = await traces(names, interfaces);
        if (left.length > 0) throw new Error(`scripts/down left behind:\n${left.join("\n")}`);
      }, 5_000);
    } finally {
      await this.#remove();
    }
  }

  async #down(): Promise<void> {
    try {
      await this.down();
    } finally {
      await this.#remove();
    }
  }

  async #remove(): Promise<void> {
    if (Deno.env.get("SKIFF_TEST_KEEP_LOGS")) {
      await Deno.copyFile(`${this.dataDir}/skiff.log`, `/tmp/skiff-e2e-${this.port}.log`);
    }
    await Deno.remove(this.directory, { recursive: true });
  }
}

export async function run(
  command: string,
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; stdin?: string } = {},
): Promise<Output> {
  const child = new Deno.Command(command, {
    args: [...args],
    ...(options.env && { env: { ...options.env } }),
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
