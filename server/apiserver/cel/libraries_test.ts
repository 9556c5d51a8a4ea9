import { describe, expect, it } from "vitest";
import { celEnvironment } from "./environment.ts";

/** Expressions and what the CEL environment of Kubernetes 1.36 makes of them: its value as Go prints it, or `error` for what it refuses or what fails. */
const lines = (await Deno.readTextFile(new URL("./testdata/expressions.txt", import.meta.url))).trimEnd().split("\n");

function print(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(print).join(" ")}]` : String(value);
}

function outcome(text: string): string {
  try {
    return print(celEnvironment({}).compile(text).evaluate({}));
  } catch {
    return "error";
  }
}

describe("libraries", () => {
  it("do what Kubernetes' own do", () => {
    expect(lines.length).toBeGreaterThan(200);
    for (const line of lines) {
      const mark = line.lastIndexOf(" | ");
      const text = line.slice(0, mark);
      expect(`${text} | ${outcome(text)}`).toBe(line);
    }
  });

  it("make nothing endless out of little", () => {
    expect(outcome("lists.range(1000000000)")).toBe("error");
    expect(outcome("'%.999f'.format([1.5])")).toBe("error");
  });

  it("show nothing of their values but what their functions say", () => {
    for (const text of ["ip('::1').address", "quantity('1').value", "url('/a').parts", "semver('1.2.3').numbers"]) {
      expect([text, outcome(text)]).toEqual([text, "error"]);
    }
  });
});
