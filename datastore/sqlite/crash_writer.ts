/**
 * The victim of crash_test.ts: several writers, each raising one key in a commit that is held, then two keys and a third that comes and goes to its
 * next number in one that is not, and printing `<writer> <number> <revision>` for every acknowledged one, with `held` behind it for those that
 * are. Arguments: file, first number.
 */
import { openSqlite } from "./open.ts";
import type { Operation } from "../contract.ts";

export const WRITERS = 8;

async function main([path, first]: readonly string[]): Promise<void> {
  const store = await openSqlite({ path: path! });
  const encoder = new TextEncoder();
  const print = (line: string) => Deno.stdout.writeSync(encoder.encode(`${line}\n`));
  async function write(writer: number): Promise<never> {
    for (let number = Number(first);; number++) {
      const held = await store.commit([{ kind: "put", key: `w${writer}/held`, value: `${number}` }], { held: true });
      print(`${writer} ${number} ${held.revision} held`);
      const value = `${number} ${"x".repeat(number % 3000)}`;
      const third: Operation = number % 2
        ? { kind: "put", key: `w${writer}/c`, value }
        : { kind: "delete", key: `w${writer}/c` };
      const operations: Operation[] = [
        { kind: "put", key: `w${writer}/a`, value },
        { kind: "put", key: `w${writer}/b`, value },
        third,
      ];
      const { ok, revision } = await store.commit(operations);
      if (!ok) throw new Error("a commit without expectations met a conflict");
      print(`${writer} ${number} ${revision}`);
      if (number % 50 === 0) await store.compact(revision - 20);
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}

if (import.meta.main) await main(Deno.args);
