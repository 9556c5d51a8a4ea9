import { describe, expect, it } from "vitest";
import { ServerTime } from "./server_time.ts";

describe("ServerTime", () => {
  it("is the machine's until a server has told, and then the server's, whatever the machine's clock does", () => {
    let wall = 60_000;
    let steady = 5;
    const time = new ServerTime(() => wall, () => steady);
    expect([time.now(), time.ahead]).toEqual([60_000, 0]);
    time.told(undefined);
    expect(time.now()).toBe(60_000);
    const told = Date.UTC(2026, 5, 1);
    time.told(told);
    steady += 1_000;
    wall += 1_000;
    expect([time.now(), time.ahead]).toEqual([told + 1_000, 60_000 - told]);
    wall = Date.UTC(2040, 0, 1);
    expect(time.now()).toBe(told + 1_000);
  });
});
