/** Three hosts on one switch, in network namespaces without names: they are gone when the processes in them are. */
import type { Place } from "../../../datastore/etcd/testing/test_etcd.ts";

export interface Host extends Place {
  /** Lets nothing through between this host and the given ones, in either direction; {@linkcode Host.rejoin} ends it. */
  cutOff(from: readonly Host[]): Promise<void>;
  rejoin(): Promise<void>;
}

/** Must run in a network namespace of its own (`unshare --net`), which becomes the switch and a host itself. */
export async function startNetwork(size: number): Promise<{ readonly hosts: readonly Host[]; close(): Promise<void> }> {
  await run("ip", "link", "set", "lo", "up");
  await run("ip", "link", "add", "switch", "type", "bridge");
  await run("ip", "address", "add", "10.99.0.254/24", "dev", "switch");
  await run("ip", "link", "set", "switch", "up");
  const holders: Deno.ChildProcess[] = [];
  const hosts: Host[] = [];
  for (let index = 0; index < size; index++) {
    const holder = await holdNamespace();
    holders.push(holder);
    hosts.push(await connect(holder.pid, index));
  }
  return {
    hosts,
    async close() {
      for (const holder of holders) holder.kill("SIGKILL");
      await Promise.all(holders.map(({ status }) => status));
    },
  };
}

/** A process whose namespace it is; it ends with its standard input, so with this process at the latest. */
async function holdNamespace(): Promise<Deno.ChildProcess> {
  const args = ["--net", "sh", "-c", "echo; exec cat"];
  const child = new Deno.Command("unshare", { args, stdin: "piped", stdout: "piped" }).spawn();
  // It prints when it is in its namespace.
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  return child;
}

async function connect(pid: number, index: number): Promise<Host> {
  const host = `10.99.0.${index + 1}`;
  const command = ["nsenter", `--net=/proc/${pid}/ns/net`, "--"];
  const inside = (...args: string[]) => run(...command, ...args);
  await run("ip", "link", "add", `port${index}`, "type", "veth", "peer", "name", "eth0", "netns", `${pid}`);
  await run("ip", "link", "set", `port${index}`, "master", "switch", "up");
  await inside("ip", "link", "set", "lo", "up");
  await inside("ip", "address", "add", `${host}/24`, "dev", "eth0");
  await inside("ip", "link", "set", "eth0", "up");
  return {
    host,
    command,
    async cutOff(from) {
      const others = from.map(({ host }) => host).join(", ");
      await inside("nft", "add table ip cut");
      for (const [hook, side] of [["input", "saddr"], ["output", "daddr"]]) {
        await inside("nft", `add chain ip cut ${hook} { type filter hook ${hook} priority 0; }`);
        await inside("nft", `add rule ip cut ${hook} ip ${side} { ${others} } drop`);
      }
    },
    rejoin: () => inside("nft", "delete table ip cut"),
  };
}

async function run(...command: string[]): Promise<void> {
  const [program, ...args] = command;
  const { success, stderr } = await new Deno.Command(program!, { args, stdout: "null" }).output();
  if (!success) throw new Error(`${command.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
