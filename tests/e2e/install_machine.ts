import { dirname } from "node:path";
import { busyboxImage } from "../fixtures/busybox_image.ts";
import { debianTree } from "../fixtures/debian_tree.ts";
import { IsolatedMachine, type MachineInit } from "../fixtures/isolated_machine.ts";
import { IMAGE, type Output } from "./cluster.ts";
import { retry } from "./retry.ts";

const top = new URL("../../", import.meta.url).pathname;
const OPENRC = ["openrc", "librc1", "libeinfo1", "insserv"];
/** Ends when it is told to, unlike a bare `sleep` that is a container's first process. */
const POD_PROGRAM = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done; : pod-of-web";
export const KUBECONFIG = "/etc/skiff/skiff.yaml";

/** A machine on which tests install built files. */
export class InstallMachine implements AsyncDisposable {
  readonly machine: IsolatedMachine;

  private constructor(machine: IsolatedMachine) {
    this.machine = machine;
  }

  static async start(init: MachineInit = "plain"): Promise<InstallMachine> {
    const packages = init === "openrc"
      ? await debianTree(Deno.build.arch === "aarch64" ? "arm64" : "amd64", OPENRC)
      : undefined;
    const machine = await IsolatedMachine.start({ init, ...(packages !== undefined && { packages }) });
    const made = new InstallMachine(machine);
    await place(await commandPath("kubectl"), `${made.#shared}/kubectl`);
    return made;
  }

  /** `/mnt` of the machine. */
  get #shared(): string {
    return `${this.machine.directory}/mnt`;
  }

  /** Puts a built file, its checksum and install.sh into `/mnt/NAME`, as on a USB stick; answers its path on the host. */
  async insert(name: string, file: string): Promise<string> {
    const stick = `${this.#shared}/${name}`;
    await Deno.mkdir(stick);
    await place(file, `${stick}/${file.split("/").at(-1)}`);
    await Deno.copyFile(`${dirname(file)}/SHA256SUMS`, `${stick}/SHA256SUMS`);
    await Deno.copyFile(`${top}install.sh`, `${stick}/install.sh`);
    return stick;
  }

  install(name: string, env: Record<string, string> = {}, ...words: readonly string[]): Promise<Output> {
    return this.machine.try("sh", [`/mnt/${name}/install.sh`, ...words], env);
  }

  skiff(...args: readonly string[]): Promise<Output> {
    return this.machine.try("skiff", args);
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    return await this.machine.run("/mnt/kubectl", `--kubeconfig=${KUBECONFIG}`, ...args);
  }

  /** Runs a Deployment `web` of one Pod and waits for it. Answers what an upgrade must not change. */
  async deploy(): Promise<string> {
    await Deno.writeFile(this.machine.path("/var/lib/skiff/agent/images/busybox.tar"), await busyboxImage(IMAGE));
    await this.kubectl("create", "deployment", "web", `--image=${IMAGE}`, "--", "sh", "-c", POD_PROGRAM);
    await this.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    return await this.container();
  }

  /** The container of `web`: its id, start, restarts. */
  async container(): Promise<string> {
    const path = "{.items[*].status.containerStatuses[0]['containerID', 'restartCount', 'state.running.startedAt']}";
    return await this.kubectl("get", "pods", "-l", "app=web", "-o", `jsonpath=${path}`);
  }

  async nodeReady(): Promise<void> {
    await retry("the node to be Ready", async () => {
      await this.kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=30s");
    }, 60_000);
  }

  /** Whether the service starts at boot. */
  async enabled(init: "systemd" | "openrc"): Promise<boolean> {
    if (init === "systemd") return (await this.machine.try("systemctl", ["is-enabled", "skiff"])).code === 0;
    return /^ *skiff \| +default/m.test(await this.machine.run("rc-update", "show"));
  }

  async control(init: "systemd" | "openrc", verb: "start" | "stop"): Promise<void> {
    if (init === "systemd") await this.machine.run("systemctl", verb, "skiff");
    else await this.machine.run("rc-service", "skiff", verb);
  }

  /** How many processes have this text in their command line. */
  async processes(text: string): Promise<number> {
    const { stdout } = await this.machine.try("pgrep", ["-c", "-f", "--", text]);
    return Number(stdout);
  }

  /** Every file, directory and link that an installation could change, with size and checksum; interfaces, nft tables, mounts, control groups. */
  async state(): Promise<string> {
    const script = `
      find /etc /etc/systemd /usr/local /var /run -xdev \\( -path /run/log -o -path /var/log/journal -o -path /run/systemd -o -path /run/openrc \\) -prune \\
        -o \\( -type f -printf '%p %m %s ' -exec sha256sum {} \\; -o -printf '%p %y %m %l\\n' \\) | sed 's/ \\([0-9a-f]\\{64\\}\\) .*/ \\1/' | sort
      ip -o link | awk '{ print $2 }'; nft list tables; awk '{ print $5 }' /proc/self/mountinfo | sort
      find /sys/fs/cgroup -type d -not -path '*/system.slice*' -not -path '*/init.scope*' | sort`;
    return await this.machine.run("sh", "-euc", script);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.machine[Symbol.asyncDispose]();
  }
}

async function commandPath(name: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).output();
  return await Deno.realPath(new TextDecoder().decode(stdout).trim());
}

/** A second name for a file where that can be, else a copy. */
async function place(from: string, to: string): Promise<void> {
  await Deno.link(from, to).catch(() => Deno.copyFile(from, to));
}
