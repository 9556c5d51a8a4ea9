import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { generateStatements } from "./queries.ts";
import { TABLES } from "./schema.ts";
import { STATEMENTS } from "./statements.generated.ts";

const FILE = new URL("./statements.generated.ts", import.meta.url);

describe("the SQL statements", () => {
  it("are those of queries.ts (SKIFF_UPDATE=1 writes them anew)", () => {
    if (Deno.env.get("SKIFF_UPDATE")) Deno.writeTextFileSync(FILE, generateStatements());
    expect(Deno.readTextFileSync(FILE)).toBe(generateStatements());
  });

  it("walk an index, and sort nothing", () => {
    const db = new DatabaseSync(":memory:");
    for (const table of TABLES) db.exec(table);
    for (const [name, sql] of Object.entries(STATEMENTS)) {
      if (name === "insert" || name === "setMark") continue;
      // A `page` is what another query has found, with a limit.
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array<number>(sql.split("?").length - 1).fill(1));
      for (const { detail } of plan) expect(`${name}: ${detail}`).not.toMatch(/SCAN (?!page)|TEMP B-TREE/);
    }
    db.close();
  });
});
