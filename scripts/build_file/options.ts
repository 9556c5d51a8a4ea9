import { type Architecture, ARCHITECTURES } from "./parts.ts";

export interface BuildOptions {
  readonly architectures: readonly Architecture[];
  readonly variants: readonly ("full" | "lean")[];
  readonly out: string;
  /** Take the newest packages, not the lock's. */
  readonly newest: boolean;
  /** Write a new lock, and build nothing. */
  readonly update: boolean;
}

export const USAGE = `usage: scripts/build [--arch amd64|arm64] [--full|--lean] [--out DIR] [--newest|--update]

Builds dist/skiff-linux-amd64 and -arm64, each also as -lean (without containerd, runc, CNI plugins and etcd), from one machine.

  --arch ARCH    this architecture alone
  --full, --lean this variant alone
  --out DIR      where the files go (default dist)
  --newest       packages as the archives have them today, instead of those in scripts/build_file/parts.lock.json
  --update       write the archives' newest packages into that lock, and build nothing
`;

/** Throws an Error whose message is for the user. */
export function parseOptions(args: readonly string[], top: string): BuildOptions {
  let architectures: readonly Architecture[] = ARCHITECTURES;
  let variants: BuildOptions["variants"] = ["full", "lean"];
  let out = `${top}/dist`, newest = false, update = false;
  const rest = [...args];
  const valueOf = (flag: string): string => {
    const value = rest.shift();
    if (value === undefined) throw new Error(`${flag} needs a value`);
    return value;
  };
  const flags: Readonly<Record<string, () => void>> = {
    "--arch"() {
      const name = valueOf("--arch");
      architectures = ARCHITECTURES.filter((each) => each === name);
      if (architectures.length === 0) throw new Error(`--arch ${name}: there are ${ARCHITECTURES.join(" and ")}`);
    },
    "--full": () => void (variants = ["full"]),
    "--lean": () => void (variants = ["lean"]),
    "--out": () => void (out = valueOf("--out")),
    "--newest": () => void (newest = true),
    "--update": () => void (update = true),
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const flag = flags[word];
    if (!flag) throw new Error(`unknown argument ${word}\n\n${USAGE}`);
    flag();
  }
  return { architectures, variants, out, newest, update };
}
