/** The queries that every engine with a log table has, for its dialect's generator of statements. Nothing of this runs in the program. */
import { type Compilable, type Kysely, sql } from "kysely";

/** `log` holds every change since the compaction; `previous` is the id of the row that a change superseded, 0 after none or a deletion. */
export interface LogTables {
  log: {
    id: number;
    name: string;
    deleted: number;
    create_revision: number;
    previous: number;
    version: number;
    value: string;
  };
}

/** A parameter stands in its place by its own name. */
export function parameter<T>(name: string): T {
  return `:${name}` as T;
}

export const ITEM = ["log.id", "log.name", "log.create_revision", "log.version"] as const;

/** The rows of a range that a read as of the row `newest` sees. */
export function visible<T extends LogTables>(database: Kysely<T>) {
  const db = database as unknown as Kysely<LogTables>;
  const newest = parameter<number>("newest");
  return db.selectFrom("log")
    .where("log.name", ">=", parameter<string>("start"))
    .where("log.name", "<", parameter<string>("end"))
    .where("log.id", "<=", newest)
    .where("log.deleted", "=", sql.lit(0))
    .where(({ not, exists, selectFrom }) =>
      not(exists(
        selectFrom("log as later")
          .select(sql.lit(1).as("one"))
          .whereRef("later.name", "=", "log.name")
          .whereRef("later.id", ">", "log.id")
          .where("later.id", "<=", newest),
      ))
    );
}

/** The newest row of a name that a read as of the row `newest` sees, a deletion's included. */
export function newestOf<T extends LogTables>(database: Kysely<T>) {
  return (database as unknown as Kysely<LogTables>).selectFrom("log")
    .where("log.name", "=", parameter<string>("name"))
    .where("log.id", "<=", parameter<number>("newest"))
    .orderBy("log.id", "desc")
    .limit(sql.lit(1));
}

/** Changes in order; `name` is how the dialect's planner is kept from walking the names' index, whose order would have to be sorted. */
export function changes<T extends LogTables>(database: Kysely<T>, name: ReturnType<typeof sql>) {
  const rows = (database as unknown as Kysely<LogTables>).selectFrom("log")
    .where("log.id", ">", parameter<number>("after"))
    .where("log.id", "<=", parameter<number>("through"))
    .where(name, ">=", parameter<string>("start"))
    .where(name, "<", parameter<string>("end"))
    .orderBy("log.id")
    .limit(parameter<number>("limit"));
  return {
    history: rows.select([...ITEM, "log.deleted", "log.value"]),
    historyWithPrevious: rows.leftJoin("log as before", "before.id", "log.previous")
      .select([...ITEM, "log.deleted", "log.value", "before.id as before_id"])
      .select([
        "before.create_revision as before_create_revision",
        "before.version as before_version",
        "before.value as before_value",
      ]),
  };
}

/** The source text of the statements' module: SQL by name, with the order of its parameters. */
export function generateModule(queries: Readonly<Record<string, Compilable>>): string {
  const lines = Object.entries(queries).map(([name, query]) => {
    const { sql, parameters } = query.compile();
    const order = parameters.map((value) => String(value).slice(1)).join(", ");
    return `  /** Parameters: ${order || "none"}. */\n  ${name}: ${JSON.stringify(sql)},`;
  });
  return [
    "// Generated from queries.ts by queries_test.ts.",
    "export const STATEMENTS = {",
    ...lines,
    "};",
    "",
  ].join("\n");
}
