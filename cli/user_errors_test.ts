import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { UserError } from "./error.ts";
import { asUserError } from "./user_errors.ts";

describe("asUserError", () => {
  it("says of a port that is in use where and what to do, wrapped or not", async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const error = await new Promise((resolve) => createServer().once("error", resolve).listen(port, "127.0.0.1"));
    const wanted =
      `cannot listen on 127.0.0.1:${port}: the port is in use by another process; stop that, or choose another port`;
    for (const one of [error, new Error("wrapped", { cause: error })]) {
      expect(asUserError(one)).toBeInstanceOf(UserError);
      expect((asUserError(one) as Error).message).toBe(wanted);
    }
  });

  it("names the file that cannot be made", async () => {
    const error = await Deno.mkdir("/proc/nope/server").catch((error) => error);
    expect((asUserError(error) as Error).message).toContain("/proc/nope/server");
  });

  it("leaves defects of ours as they are", () => {
    const error = new TypeError("x is not a function");
    expect(asUserError(error)).toBe(error);
  });
});
