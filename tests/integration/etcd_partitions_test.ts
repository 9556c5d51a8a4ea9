import { describe, expect, it } from "vitest";
import { expectLinearizable } from "../../datastore/suite/linearizability/clients.ts";
import type { Call } from "../../datastore/suite/linearizability/history.ts";
import type { Outcome } from "./etcd_partitions/main.ts";

const PROGRAM = new URL("./etcd_partitions/main.ts", import.meta.url).pathname;

/** It takes 15 s. */
const MOST_MILLISECONDS = 300_000;

/** JSON has no Infinity: who never learned its outcome comes as null. */
function calls([key, calls]: Outcome["history"][number]): [string, Call[]] {
  return [key, calls.map((call) => ({ ...call, returned: call.returned ?? Infinity }))];
}

/** Runs the program in namespaces that end with it, and all its processes with them. */
async function run(seed: number): Promise<Outcome> {
  const child = new Deno.Command("unshare", {
    args: [
      "--net",
      "--pid",
      "--mount-proc",
      "--fork",
      "--kill-child",
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      PROGRAM,
      `${seed}`,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), MOST_MILLISECONDS);
  const { success, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  if (!success) throw new Error(`with SKIFF_TEST_SEED=${seed}: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

describe("etcd of three members in network namespaces", () => {
  it("is linearizable while members are killed, cut off and replaced, and takes writes again soon", {
    timeout: 320_000,
  }, async () => {
    const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
    const outcome = await run(seed);
    const history = new Map(outcome.history.map(calls));
    const all = [...history.values()].flat();
    const unknown = all.filter(({ returned }) => returned === Infinity).length;
    console.log(
      `${all.length} calls, of which ${unknown} never learned their outcome; failures ${
        JSON.stringify(outcome.failures)
      }`,
    );
    console.log(`milliseconds until a write succeeded: ${JSON.stringify(outcome.resumed)}`);
    expectLinearizable(history);
    expect(all.length).toBeGreaterThan(2000);
    // Five seconds are the aim, which a busy machine may miss: its elections are slow.
    for (const [what, milliseconds] of Object.entries(outcome.resumed)) {
      expect([what, milliseconds < 30_000]).toEqual([what, true]);
    }
    for (const told of outcome.cutOff) expect(["unavailable", "unknownOutcome"]).toContain(told);
    expect(outcome.agree).toBe(true);
  });
});
