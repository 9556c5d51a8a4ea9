import { describe, expect, it } from "vitest";
import { addressRange, Allocator, formatIPv4, parseIPv4 } from "./service_range.ts";

describe("ranges", () => {
  it("hold the addresses between network and broadcast", () => {
    expect(addressRange("10.43.0.0/16")).toEqual({ first: parseIPv4("10.43.0.1")!, size: 65534 });
    expect(formatIPv4(parseIPv4("255.1.0.7")!)).toBe("255.1.0.7");
    for (const bad of ["10.43.0.0", "10.43.0.0/31", "x/16", "10.43.0.00/16", "300.0.0.0/16"]) {
      expect(() => addressRange(bad)).toThrow(RangeError);
    }
  });

  it("hand out what is free, the upper band first, until nothing is", () => {
    const allocator = new Allocator({ first: 100, size: 6, band: 2, random: () => 0 });
    const given: number[] = [];
    for (let number = allocator.free(); number !== undefined; number = allocator.free()) {
      allocator.hold(number);
      given.push(number);
    }
    expect(given).toEqual([102, 103, 104, 105, 100, 101]);
    allocator.hold(103);
    allocator.release(103);
    expect(allocator.free()).toBeUndefined();
    allocator.release(103);
    expect(allocator.free()).toBe(103);
  });
});
