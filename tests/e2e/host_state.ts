/** What a cluster could leave behind on its host, one line each. */
export async function readHostState(): Promise<string[]> {
  const lines = async (label: string, command: string): Promise<string[]> => {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", command], stderr: "null" }).output();
    return new TextDecoder().decode(stdout).split("\n").filter(Boolean).map((line) => `${label} ${line}`);
  };
  const found = await Promise.all([
    lines("mount", "awk '{print $5}' /proc/self/mountinfo"),
    lines("netns", "ip netns list | awk '{print $1}'; ls /run/netns /var/run/netns 2>/dev/null | grep -v :"),
    lines("link", "ip -o link | awk -F': ' '{print $2}'"),
    lines("address", "ip -o addr | awk '{print $2, $4}'"),
    lines("route", "ip route show table all | grep -v ' table local '"),
    lines("nft", "nft list tables"),
    lines("cgroup", "find /sys/fs/cgroup -mindepth 1 -maxdepth 5 -type d | grep -E '/(kubepods|skiff|sk[0-9a-f]{6})'"),
    lines("process", "ps -eo comm= | grep -E '^(containerd|runc|pause)' | sort | uniq -c"),
  ]);
  return found.flat().toSorted();
}

/** What is in `after` and was not in `before`. */
export function leftBehind(before: readonly string[], after: readonly string[]): string[] {
  const known = new Set(before);
  return after.filter((line) => !known.has(line));
}
