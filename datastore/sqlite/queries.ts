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
import { changes, generateModule, ITEM, type LogTables, newestOf, parameter, visible } from "../mvcc/log_queries.ts";

interface Tables extends LogTables {
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

const id = parameter<number>("id");
const name = parameter<string>("name");
const after = parameter<number>("after");
const through = parameter<number>("through");
const limit = parameter<number>("limit");

const QUERIES: Record<string, Compilable> = {
  newest: db.selectFrom("log").select(["id", "deleted", "create_revision", "version"]).where("name", "=", name)
    .orderBy("id", "desc").limit(sql.lit(1)),
  get: newestOf(db).select(["id", "deleted", "create_revision", "version", "value"]),
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
  list: visible(db).select([...ITEM, "log.value"]).orderBy("log.name").limit(limit),
  listKeys: visible(db).select(ITEM).orderBy("log.name").limit(limit),
  count: db.selectFrom(visible(db).select("log.name").orderBy("log.name").limit(limit).as("page"))
    .select(({ fn }) => [fn.countAll<number>().as("count"), fn.max("page.name").as("last")]),
  ...changes(db, sql`+log.name`),
  newestId: db.selectFrom("log").select(({ fn }) => fn.max("id").as("id")),
  newestIdThrough: db.selectFrom("log").select(({ fn }) => fn.max("id").as("id")).where("id", "<=", through),
  superseding: db.selectFrom("log").select(["id", "deleted", "previous"]).where("id", ">", after).where(
    "id",
    "<=",
    through,
  )
    .orderBy("id").limit(limit),
  verify: db.selectFrom("log").select(["id", sql<number>`length(value)`.as("length")]).where(
    "id",
    "<",
    parameter<number>("before"),
  )
    .orderBy("id", "desc").limit(limit),
  removeAfter: db.deleteFrom("log").where("id", ">", after),
  remove: db.deleteFrom("log").where("id", "=", id),
  mark: db.selectFrom("mark").select("value").where("name", "=", name),
  setMark: db.replaceInto("mark").values({ name, value: parameter("value") }),
};

/** The source text of `statements.generated.ts`. */
export function generateStatements(): string {
  return generateModule(QUERIES);
}
