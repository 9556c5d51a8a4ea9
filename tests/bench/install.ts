import { ARCHITECTURES } from "../../scripts/build_file/parts.ts";
import { builtFile } from "../fixtures/built_file.ts";
import { median } from "./_process.ts";

const ROUNDS = 5;

/** Prints how large the built files are, and how long they take from their start to the API, unpacking included and not. */
export async function run(): Promise<void> {
  for (const architecture of ARCHITECTURES) {
    for (const variant of ["full", "lean"] as const) {
      const { size } = await Deno.stat(await builtFile({ architecture, variant }));
      console.log(`${architecture}, ${variant}: ${(size / 1e6).toFixed(1)} MB`);
    }
  }
  const file = await builtFile();
  const firsts: number[] = [], laters: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const directory = await Deno.makeTempDir({ prefix: "skiff-bench-install-" });
    try {
      firsts.push(await startToApi(file, directory));
      // The second start has no compiled code kept yet for what the first one loaded late: the third is like all that follow.
      await startToApi(file, directory);
      laters.push(await startToApi(file, directory));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }
  print("first start, unpacking included, to the API", firsts);
  print("later starts, to the API", laters);
}

/** Milliseconds from the start of the process to the API answering; then stops it. */
async function startToApi(file: string, directory: string): Promise<number> {
  const ready = `${directory}/ready.json`;
  await Deno.remove(ready).catch(() => {});
  const started = performance.now();
  const child = new Deno.Command(file, {
    args: [
      "server",
      "--disable-agent",
      "--bind-address=127.0.0.1",
      "--https-listen-port=0",
      `--data-dir=${directory}/data`,
      `--write-kubeconfig=${directory}/kubeconfig`,
      `--ready-file=${ready}`,
    ],
    env: { SKIFF_BUNDLE_DIR: `${directory}/bundle` },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    while (!await Deno.stat(ready).then(() => true, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return performance.now() - started;
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

function print(what: string, times: readonly number[]): void {
  const all = times.map((time) => Math.round(time));
  console.log(`${what}: ${median(all)} ms, median of ${all.length} (${Math.min(...all)}-${Math.max(...all)})`);
}
