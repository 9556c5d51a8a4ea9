/**
 * Every query of the engine, by name. They are compiled when the program is built, not when it runs (`statements.generated.ts`, kept
 * in step by queries_test.ts): the query builder would cost each start 20 ms and 8 MB.
 */
import {
  type Compilable,
  DummyDriver,
  Kysely,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";

interface Tables {
  log: {
    id: number;
    name: string;
    deleted: 0 | 1;
    create_revision: number;
    previous: number;
    version: number;
    value: string;
  };
  mark: { name: string; value: number };
}

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** A parameter stands in its place by its own name. */
function parameter<T>(name: string): T {
  return `:${name}` as T;
}

const id = parameter<number>("id");
const name = parameter<string>("name");
const start = parameter<string>("start");
const end = parameter<string>("end");
const newest = parameter<number>("newest");
const after = parameter<number>("after");
const through = parameter<number>("through");
const limit = parameter<number>("limit");

/** The rows that a read as of the row `newest` sees. */
function visible() {
  return db.selectFrom("log")
    .where("log.name", ">=", start)
    .where("log.name", "<", end)
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

/** Changes in order. The `+` keeps SQLite from walking the names' index, whose order would have to be sorted. */
function changes() {
  return db.selectFrom("log")
    .where("log.id", ">", after)
    .where("log.id", "<=", through)
    .where(sql`+log.name`, ">=", start)
    .where(sql`+log.name`, "<", end)
    .orderBy("log.id")
    .limit(limit);
}

const ITEM = ["log.id", "log.name", "log.create_revision", "log.version"] as const;

const QUERIES: Record<string, Compilable> = {
  newest: db.selectFrom("log").select(["id", "deleted", "create_revision", "version"]).where("name", "=", name)
    .orderBy("id", "desc").limit(sql.lit(1)),
  get: db.selectFrom("log").select(["id", "deleted", "create_revision", "version", "value"]).where("name", "=", name)
    .where("id", "<=", newest).orderBy("id", "desc").limit(sql.lit(1)),
  value: db.selectFrom("log").select("value").where("id", "=", id),
  insert: db.insertInto("log").values({
    id,
    name,
    deleted: parameter("deleted"),
    create_revision: parameter("createRevision"),
    previous: parameter("previous"),
    version: parameter("version"),
    value: parameter("value"),
  }),
  list: visible().select([...ITEM, "log.value"]).orderBy("log.name").limit(limit),
  listKeys: visible().select(ITEM).orderBy("log.name").limit(limit),
  count: visible().select(({ fn }) => fn.countAll<number>().as("count")),
  history: changes().select([...ITEM, "log.deleted", "log.value"]),
  historyWithPrevious: changes().leftJoin("log as before", "before.id", "log.previous")
    .select([...ITEM, "log.deleted", "log.value"])
    .select(["before.id", "before.create_revision", "before.version", "before.value"]),
  newestId: db.selectFrom("log").select(({ fn }) => fn.max("id").as("id")),
  newestIdThrough: db.selectFrom("log").select(({ fn }) => fn.max("id").as("id")).where("id", "<=", through),
  superseding: db.selectFrom("log").select(["id", "deleted", "previous"]).where("id", ">", after).where(
    "id",
    "<=",
    through,
  )
    .orderBy("id").limit(limit),
  remove: db.deleteFrom("log").where("id", "=", id),
  mark: db.selectFrom("mark").select("value").where("name", "=", name),
  setMark: db.replaceInto("mark").values({ name, value: parameter("value") }),
};

/** The source text of `statements.generated.ts`. */
export function generateStatements(): string {
  const lines = Object.entries(QUERIES).map(([name, query]) => {
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
