import { describe, expect, it } from "vitest";
import { generateStatements } from "./queries.ts";

const FILE = new URL("./statements.generated.ts", import.meta.url);

describe("the SQL statements", () => {
  it("are those of queries.ts (SKIFF_UPDATE=1 writes them anew)", () => {
    if (Deno.env.get("SKIFF_UPDATE")) Deno.writeTextFileSync(FILE, generateStatements());
    expect(Deno.readTextFileSync(FILE)).toBe(generateStatements());
  });
});
