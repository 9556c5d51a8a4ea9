import { describe, expect, it } from "vitest";
import { Deadlines } from "./body_deadlines.ts";

describe("Deadlines", () => {
  it("ends what waits too long, and nothing else", async () => {
    const deadlines = new Deadlines(20);
    const ended: string[] = [];
    // A connection would keep the process alive.
    const alive = setInterval(() => {}, 1000);
    const last = Promise.withResolvers<void>();
    const quick = () => void ended.push("quick");
    deadlines.add(() => void ended.push("slow"));
    deadlines.add(quick);
    deadlines.remove(quick);
    deadlines.add(() => last.resolve());
    await last.promise;
    clearInterval(alive);
    expect(ended).toEqual(["slow"]);
  });
});
