import { describe, expect, it } from "vitest";
import { formatDuration, formatMicroTime, formatTime, parseDuration, parseTime, TimeError } from "./time.ts";

describe("times", () => {
  it("print and parse", () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    expect(formatTime(at)).toBe("2026-01-02T03:04:05Z");
    expect(formatMicroTime(at)).toBe("2026-01-02T03:04:05.678000Z");
    expect(formatMicroTime(at + 0.25)).toBe("2026-01-02T03:04:05.678250Z");
    expect(parseTime(formatTime(at))).toBe(at - 678);
    expect(parseTime("2026-01-02T03:04:05.678Z")).toBe(at);
    expect(parseTime("2026-01-02t05:04:05.678+02:00")).toBe(at);
    expect(parseTime("2026-01-01T23:34:05.678-03:30")).toBe(at);
    expect(formatTime(parseTime("0001-01-01T00:00:00Z"))).toBe("0001-01-01T00:00:00Z");
    expect(parseTime("2024-02-29T00:00:00Z")).toBe(Date.UTC(2024, 1, 29));
    expect(parseTime("2026-12-31T23:59:59+00:30")).toBe(Date.UTC(2026, 11, 31, 23, 29, 59));
    expect(formatTime(parseTime("0099-12-31T23:59:59Z"))).toBe("0099-12-31T23:59:59Z");
  });

  it.each([
    "",
    "2026-01-02",
    "2026-01-02 03:04:05Z",
    "2026-01-02T03:04:05",
    "2026-13-02T03:04:05Z",
    "2026-02-29T03:04:05Z",
    "2100-02-29T03:04:05Z",
    "2026-00-02T03:04:05Z",
    "2026-04-31T03:04:05Z",
    "2026-01-00T03:04:05Z",
    "2026-01-02T03:04:05+24:00",
    "2026-01-02T03:04:05.5-03:60",
    "2026-01-02T24:04:05Z",
    "2026-01-02T03:04:60Z",
    "2026-01-02T03:04:05.Z",
  ])("refuse %s", (text) => expect(() => parseTime(text)).toThrow(TimeError));
});

describe("durations", () => {
  it.each<[string, number, string]>([
    ["1h30m", 5_400_000, "1h30m0s"],
    ["90s", 90_000, "1m30s"],
    ["1.5s", 1500, "1.5s"],
    ["100ms", 100, "100ms"],
    ["-10s", -10_000, "-10s"],
    ["0", 0, "0s"],
    ["250us", 0.25, "250µs"],
    ["15ns", 0.000015, "15ns"],
    ["1m0.001s", 60_001, "1m0.001s"],
    ["60m", 3_600_000, "1h0m0s"],
    [".5s", 500, "500ms"],
  ])("%s", ([text, milliseconds, printed]) => {
    expect(parseDuration(text)).toBe(milliseconds);
    expect(formatDuration(milliseconds)).toBe(printed);
  });

  it.each(["", "1", "s", "1d", "1h 2m", "--1s", "1.2.3s", "1e3s"])("refuse %s", (text) => {
    expect(() => parseDuration(text)).toThrow(TimeError);
  });
});
