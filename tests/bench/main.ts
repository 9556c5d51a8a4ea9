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
for (const name of wanted) {
  console.log(`\n== ${name}`);
  const { run } = await import(new URL(`${name}.ts`, directory).href) as { run: () => Promise<void> };
  await run();
}
