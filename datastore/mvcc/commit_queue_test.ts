import { describe, expect, it } from "vitest";
import type { Operation } from "../contract.ts";
import { reasonOf } from "../suite/engine.ts";
import { CommitQueue } from "./commit_queue.ts";
import type { CommitReply } from "./commit_reply.ts";

type Group = readonly (readonly Operation[])[];

/** A queue whose groups are written when the test says so. */
function held() {
  const groups: { group: Group; finish(): void }[] = [];
  let revision = 1;
  const queue = new CommitQueue({
    wantsPrevious: () => false,
    write: ({ commits }) =>
      new Promise((resolve) => {
        const replies = commits.map((): CommitReply => ({ kind: "done", revision: ++revision, effects: [] }));
        groups.push({ group: commits, finish: () => resolve(replies) });
      }),
  });
  const next = async () => {
    while (groups.length === 0) await Promise.resolve();
    return groups.shift()!;
  };
  return { queue, next };
}

function put(value: string): Operation[] {
  return [{ kind: "put", key: "a", value }];
}

describe("CommitQueue", () => {
  it("writes together what came while it wrote", async () => {
    const { queue, next } = held();
    const order: string[] = [];
    const push = (value: string) =>
      queue.push(
        put(value),
        undefined,
        ({ reply }) => void order.push(`${value}@${reply.kind === "done" && reply.revision}`),
      );
    const commits = [push("1")];
    const first = await next();
    expect(first.group.length).toBe(1);
    commits.push(push("2"), push("3"), push("4"));
    first.finish();
    const second = await next();
    expect(second.group.map(([operation]) => operation!.kind === "put" && operation!.value)).toEqual(["2", "3", "4"]);
    second.finish();
    await Promise.all(commits);
    expect(order).toEqual(["1@2", "2@3", "3@4", "4@5"]);
    await queue.idle();
  });

  it("bounds a group by its number and its bytes", async () => {
    const { queue, next } = held();
    const big = "v".repeat(3 * 1024 * 1024);
    const commits = [big, big, big, ...Array<string>(600).fill("small")].map((value) =>
      queue.push(put(value), undefined, () => {})
    );
    const sizes: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { group, finish } = await next();
      sizes.push(group.length);
      finish();
    }
    expect(sizes).toEqual([2, 512, 89]);
    await Promise.all(commits);
  });

  it("refuses more than may wait, and goes on afterwards", async () => {
    const { queue, next } = held();
    const commits = Array.from({ length: 20_000 }, () => queue.push(put(""), undefined, () => {}));
    expect(await reasonOf(queue.push(put(""), undefined, () => {}))).toBe("unavailable");
    const idle = queue.idle();
    let running = true;
    idle.then(() => running = false);
    while (running) {
      (await Promise.race([next(), idle.then(() => undefined)]))?.finish();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await Promise.all(commits);
    const again = queue.push(put(""), undefined, () => "done");
    (await next()).finish();
    expect(await again).toBe("done");
  });

  it("takes back what was given up before its group was written", async () => {
    const { queue, next } = held();
    const first = queue.push(put("1"), undefined, () => "done");
    const controller = new AbortController();
    const { finish } = await next();
    const second = queue.push(put("2"), controller.signal, () => "done");
    const third = queue.push(put("3"), undefined, () => "done");
    controller.abort(new Error("given up"));
    finish();
    await expect(second).rejects.toThrow("given up");
    const { group, finish: finishThird } = await next();
    expect(group.length).toBe(1);
    finishThird();
    expect(await Promise.all([first, third])).toEqual(["done", "done"]);
  });
});
