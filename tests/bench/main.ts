/** Prints the figures of docs/BENCHMARKS.md: `deno task bench [name …]`; all of them without a name. */
const directory = new URL("./", import.meta.url);
const known: string[] = [];
for await (const { name } of Deno.readDir(directory)) {
  if (name.endsWith(".ts") && name !== "main.ts" && !name.startsWith("_") && !name.endsWith("_test.ts")) {
    known.push(name.slice(0, -3));
  }
}
known.sort();
const wanted = Deno.args.length > 0 ? Deno.args : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  Deno.exit(2);
}
await describeMachine();
for (const name of wanted) {
  console.log(`\n== ${name}`);
  const { run } = await import(new URL(`${name}.ts`, directory).href) as { run: () => Promise<void> };
  await run();
}

/** What the figures depend on; the load is that of others on the same machine. */
async function describeMachine(): Promise<void> {
  const model = /model name\s*:\s*(.*)/.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1] ?? Deno.build.arch;
  const load = Deno.loadavg()[0]!.toFixed(1);
  const memory = Math.round(Deno.systemMemoryInfo().total / 1e9);
  const cores = navigator.hardwareConcurrency;
  console.log(`${cores} cores of ${model}, ${memory} GB, Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}`);
  console.log(`${new Date().toISOString().slice(0, 10)}, load before the benchmark: ${load}`);
}
