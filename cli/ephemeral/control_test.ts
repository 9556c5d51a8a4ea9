import { expect, it } from "vitest";
import { control } from "./control.ts";
import { startCluster } from "./start_cluster.ts";

it("holds clusters for a program that asks by lines, and says what it cannot do", async () => {
  const answers: Record<string, unknown>[] = [];
  let wake = () => {};
  const until = async (count: number) => {
    while (answers.length < count) await new Promise<void>((resolve) => wake = resolve);
  };
  async function* lines() {
    await until(1);
    yield "fork 0";
    await until(2);
    yield "close 1";
    await until(3);
    yield* ["fork 1", "hello"];
    await until(5);
  }
  const first = await startCluster();
  await control(first, lines(), (line) => {
    answers.push(JSON.parse(line));
    wake();
  });
  const [begun, forked, closed, ...wrong] = answers;
  expect(begun).toEqual({ request: 0, id: 0, kubeconfig: first.kubeconfig, url: first.url });
  expect(forked).toMatchObject({ request: 1, id: 1 });
  expect(forked!.url).not.toBe(begun!.url);
  expect(closed).toEqual({ request: 2, closed: 1 });
  expect(wrong).toEqual([
    { request: 3, error: "there is no cluster 1" },
    { request: 4, error: '"hello" is neither "fork ID" nor "close ID"' },
  ]);
  await expect(Deno.stat(first.kubeconfig)).rejects.toThrow(Deno.errors.NotFound);
}, 60_000);
