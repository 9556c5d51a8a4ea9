import type { Wanted } from "./facts.ts";

/**
 * What `skiff server` or `skiff agent` with these words would do here, as far as a check depends on it. Words that are wrong are for those commands to
 * refuse. Pure.
 */
export function wantedBy(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  installed: boolean,
): Wanted {
  const [first] = words;
  const role = first === "agent" || (first !== "server" && environment.SKIFF_URL) ? "agent" : "server";
  const valueOf = (flag: string, short = flag): string | undefined => {
    const at = words.findLastIndex((word) => word === flag || word === short || word.startsWith(`${flag}=`));
    const word = words[at];
    if (word === undefined) return environment[`SKIFF_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`];
    return word.startsWith(`${flag}=`) ? word.slice(flag.length + 1) : words[at + 1];
  };
  return {
    role,
    runsContainers: !words.includes("--disable-agent") && environment.SKIFF_DISABLE_AGENT !== "true",
    ownContainerd: valueOf("--container-runtime-endpoint") === undefined,
    dataDir: valueOf("--data-dir", "-d") ?? "/var/lib/skiff",
    apiPort: Number(valueOf("--https-listen-port") ?? 6443),
    kubeletPort: Number(valueOf("--kubelet-port") ?? 10250),
    installed,
  };
}
