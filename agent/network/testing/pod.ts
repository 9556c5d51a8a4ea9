import { Namespace } from "./namespace.ts";

const CNI = "/usr/lib/cni";

/** A Pod as containerd would connect it: a namespace on the node's bridge, by the CNI plugin and the node's own configuration. */
export class TestPod implements AsyncDisposable {
  readonly namespace: Namespace;
  readonly address: string;
  readonly #disconnect: () => Promise<unknown>;

  private constructor(namespace: Namespace, address: string, disconnect: () => Promise<unknown>) {
    this.namespace = namespace;
    this.address = address;
    this.#disconnect = disconnect;
  }

  static async create(name: string, node: Namespace, dataDir: string): Promise<TestPod> {
    const namespace = await Namespace.create(name, "peer.ts");
    const list = JSON.parse(await Deno.readTextFile(`${dataDir}/agent/etc/cni/net.d/10-skiff.conflist`));
    const config = JSON.stringify({ cniVersion: list.cniVersion, name: list.name, ...list.plugins[0] });
    const call = (command: "ADD" | "DEL") => callPlugin(node, command, name, config);
    const { ips } = JSON.parse(await call("ADD")) as { ips: { address: string }[] };
    return new TestPod(namespace, ips[0]!.address.split("/")[0]!, () => call("DEL"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disconnect();
    await this.namespace[Symbol.asyncDispose]();
  }
}

async function callPlugin(node: Namespace, command: string, name: string, config: string): Promise<string> {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: name,
    CNI_NETNS: `/var/run/netns/${name}`,
    CNI_IFNAME: "eth0",
    CNI_PATH: CNI,
  };
  const args = ["netns", "exec", node.name, `${CNI}/bridge`];
  const child = new Deno.Command("ip", { args, env, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(config));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command} of ${name}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
