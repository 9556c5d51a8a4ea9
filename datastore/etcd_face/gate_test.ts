import { expect, it } from "vitest";
import { Gate } from "./gate.ts";

it("runs calls beside each other, or alone, and starves neither", async () => {
  const gate = new Gate();
  const log: string[] = [];
  const call = (name: string) => async () => {
    log.push(`+${name}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    log.push(`-${name}`);
  };
  const failing = gate.alone(() => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  await Promise.all([
    gate.shared(call("a")),
    gate.shared(call("b")),
    gate.alone(call("C")),
    gate.shared(call("d")),
    gate.alone(call("E")),
  ]);
  expect(log.join(" ")).toBe("+a +b -a -b +C -C +d -d +E -E");
});
