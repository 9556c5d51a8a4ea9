import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("./testing/http2_goaway_stress.ts", import.meta.url));

function stress(...args: string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", program, ...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
}

describe("installHttp2Guard", () => {
  it("survives 2,000 connections closed by GOAWAY while garbage is collected", async () => {
    const { code, stdout, stderr } = await stress("2000");
    const said = new TextDecoder().decode(stdout);
    if (code !== 0) throw new Error(`exit code ${code}: ${new TextDecoder().decode(stderr).slice(-2000)}`);
    expect(said).toBe("answered 2000\n");
  }, 120_000);

  it("is still needed: without it the same connections end the process", async () => {
    const { success, signal } = await stress("2000", "unguarded");
    expect([success, signal !== null]).toEqual([false, true]);
  }, 120_000);
});
