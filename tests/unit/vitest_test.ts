import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

describe("the vitest shim", () => {
  const log: string[] = [];
  beforeAll(() => log.push("beforeAll"));
  afterAll(() => expect(log).toEqual(["beforeAll", "beforeEach", "afterEach", "beforeEach", "afterEach"]));
  beforeEach(() => log.push("beforeEach"));
  afterEach(() => log.push("afterEach"));

  it("runs hooks in order", () => expect(log).toEqual(["beforeAll", "beforeEach"]));

  it("has spies", () => {
    const spy = vi.fn((x: number) => x + 1);
    expect(spy(1)).toBe(2);
    expect(spy.mock.calls).toEqual([[1]]);
  });
});
