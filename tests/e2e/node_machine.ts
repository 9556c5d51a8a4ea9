import type { NamespacedHost } from "../fixtures/namespaced_hosts.ts";
import { placeImage } from "../fixtures/place_image.ts";
import { IMAGE, type Output } from "./cluster.ts";
import { retry } from "./retry.ts";

const top = new URL("../../", import.meta.url).pathname;
const STARTS_WITHIN = 90_000;

/** A machine of a cluster with its own containerd: `skiff server` or `skiff agent`, in a directory of its own. */
export class NodeMachine {
  readonly host: Pick<NamespacedHost, "address" | "command">;
  readonly directory: string;
  readonly name: string;
  #child: Deno.ChildProcess | undefined;

  /** The node has the directory's name. */
  constructor(host: Pick<NamespacedHost, "address" | "command">, directory: string) {
    this.host = host;
    this.directory = directory;
    this.name = directory.split("/").at(-1)!;
  }

  get dataDir(): string {
    return `${this.directory}/data`;
  }

  get kubeconfig(): string {
    return `${this.directory}/kubeconfig`;
  }

  /** Starts `skiff server` or `skiff agent`; resolves when its node is Ready, or the stage that is waited for reached. */
  async start(command: "server" | "agent", flags: readonly string[], stage: "node" | "none" = "node"): Promise<void> {
    await this.stop();
    const images = `${this.dataDir}/agent/images`;
    await Deno.mkdir(images, { recursive: true });
    const image = `${images}/busybox.tar`;
    if (!await Deno.stat(image).then(() => true, () => false)) await placeImage(image, IMAGE);
    const ready = `${this.directory}/ready.json`;
    await Deno.remove(ready).catch(() => {});
    const script = 'log=$1; shift; exec "$@" >>"$log" 2>&1';
    const child = this.#child = this.host.command("sh", [
      "-c",
      script,
      "sh",
      `${this.directory}/log`,
      ...this.#arguments(command),
      `--ready-file=${ready}`,
      ...flags,
    ], { stdin: "null" }).spawn();
    let ended = false;
    void child.status.then(() => ended = true);
    if (stage === "none") return;
    const isReady = async () => (await Deno.readTextFile(ready).catch(() => "")).includes('"node"');
    for (const end = Date.now() + STARTS_WITHIN; !await isReady();) {
      if (ended || Date.now() > end) {
        throw new Error(
          `${this.name} ${ended ? "ended" : "did not become Ready"}:\n${(await this.log()).slice(-4000)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Runs `skiff agent` to its end: for what is to be refused. */
  async refused(flags: readonly string[]): Promise<Output> {
    const [program, ...args] = [...this.#arguments("agent"), ...flags] as [string, ...string[]];
    const { code, stdout, stderr } = await this.host.command(program, args).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  #arguments(command: "server" | "agent"): string[] {
    return [
      `${top}scripts/skiff`,
      command,
      `--data-dir=${this.dataDir}`,
      `--node-name=${this.name}`,
      `--node-ip=${this.host.address}`,
      ...command === "server" ? [`--write-kubeconfig=${this.kubeconfig}`] : [],
    ];
  }

  async log(): Promise<string> {
    return await Deno.readTextFile(`${this.directory}/log`).catch(() => "");
  }

  /** SIGTERM; resolves with the exit code when it has ended. Containers live on. */
  async stop(): Promise<number> {
    const child = this.#child;
    this.#child = undefined;
    try {
      child?.kill("SIGTERM");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    return (await child?.status)?.code ?? 0;
  }

  /** Stops it with its containers, and takes away what it made on the machine. */
  async cleanUp(): Promise<void> {
    await this.stop();
    if (Deno.env.get("SKIFF_TEST_KEEP_LOGS")) {
      await Deno.copyFile(`${this.directory}/log`, `/tmp/skiff-e2e-${this.name}.log`);
    }
    const { success, stderr } = await this.host.command(`${top}scripts/skiff`, ["cleanup", "--data-dir", this.dataDir])
      .output();
    if (!success) throw new Error(`cleanup of ${this.name} failed: ${new TextDecoder().decode(stderr)}`);
  }

  /** kubectl on this machine, as the administrator of the server on it. */
  kubectlCommand(args: readonly string[], options: Omit<Deno.CommandOptions, "args"> = {}): Deno.Command {
    return this.host.command("kubectl", [`--kubeconfig=${this.kubeconfig}`, ...args], options);
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const { success, code, stdout, stderr } = await this.kubectlCommand(args).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`kubectl ${args.join(" ")} failed (${code}): ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }

  async apply(manifest: string): Promise<void> {
    const file = `${this.directory}/manifest.yaml`;
    await Deno.writeTextFile(file, manifest);
    await retry("the manifest to be applied", () => this.kubectl("apply", "-f", file), 10_000);
  }
}
