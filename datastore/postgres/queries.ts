/**
 * Every query of the engine, by name, compiled when the program is built (`statements.generated.ts`, kept in step by queries_test.ts). Each read tells
 * in one snapshot what it found and where the store stood: it has one row without an item when it found nothing.
 */
import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  type SelectQueryBuilder,
  sql,
} from "kysely";
import { changes, generateModule, ITEM, type LogTables, newestOf, parameter, visible } from "../mvcc/log_queries.ts";

interface Tables extends LogTables {
  state: { one: boolean; schema_version: number; revision: number };
  compaction: { one: boolean; compacted: number; removed: number; swept: number };
}

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const limit = parameter<number>("limit");

/** Arrays of equal length as the columns of a table. */
function columns(types: Readonly<Record<string, string>>): RawBuilder<unknown> {
  return sql`unnest(${
    sql.join(Object.entries(types).map(([name, type]) => sql`${parameter(name)}::${sql.raw(type)}[]`))
  })`;
}

function raw(builder: RawBuilder<unknown>): Compilable {
  return { compile: () => builder.compile(db) };
}

// deno-lint-ignore no-explicit-any
type Rows = SelectQueryBuilder<any, any, any>;

const position = db.selectFrom("state").innerJoin("compaction", "compaction.one", "state.one")
  .select(["state.revision", "compaction.compacted", "compaction.removed"]);

/** The position, then the columns of the rows. */
function positioned(rows: Rows, order?: "found.id" | "found.name"): Compilable {
  const query = position.leftJoinLateral(rows.as("found"), (join) => join.onTrue()).selectAll("found");
  return order ? query.orderBy(sql.ref(order)) : query;
}

const { history, historyWithPrevious } = changes(db, sql.ref("log.name"));

const insert = sql`insert into log (id, name, deleted, create_revision, previous, version, value) select * from ${
  columns({
    ids: "bigint",
    names: "text",
    deleted: "smallint",
    createRevisions: "bigint",
    previous: "bigint",
    versions: "bigint",
    values: "text",
  })
}`;

const QUERIES: Record<string, Compilable> = {
  server: raw(
    sql`select current_setting('server_version_num'), current_setting('server_encoding'), to_regnamespace(${
      parameter("schema")
    })::text`,
  ),
  position,
  schemaVersion: db.selectFrom("state").select("schema_version"),
  get: positioned(newestOf(db).select([...ITEM, "log.deleted", "log.value"])),
  list: positioned(visible(db).select([...ITEM, "log.value"]).orderBy("log.name").limit(limit), "found.name"),
  listKeys: positioned(visible(db).select(ITEM).orderBy("log.name").limit(limit), "found.name"),
  count: positioned(visible(db).select(({ fn }) => fn.countAll<number>().as("count"))),
  history: positioned(history, "found.id"),
  historyWithPrevious: positioned(historyWithPrevious, "found.id"),
  bytes: raw(sql`select pg_total_relation_size('log')`),
  // Whoever has this lock writes next. What is read after it sees all that was written before.
  lock: db.selectFrom("state").select(["revision", sql<string>`pg_current_xact_id()::text`.as("transaction")])
    .forUpdate(),
  newest: raw(
    sql`select found.* from unnest(${parameter("names")}::text[]) as wanted(name) cross join lateral (${
      db.selectFrom("log").select([...ITEM, "log.deleted"]).where(sql<boolean>`log.name = wanted.name`)
        .orderBy("log.id", "desc").limit(sql.lit(1))
    }) as found`,
  ),
  values: db.selectFrom("log").select(["id", "value"]).where(
    "id",
    "=",
    sql<number>`any(${parameter("ids")}::bigint[])`,
  ),
  // In one statement: a round trip less while the lock is held.
  write: raw(
    sql`with added as (${insert}), counted as (${
      db.updateTable("state").set({ revision: parameter<number>("revision") })
    }) select pg_notify(${parameter("channel")}, ${parameter("payload")})`,
  ),
  restore: raw(insert),
  // Whether a transaction was committed, its first row is there, and up to where rows may have been removed since. After a crash, another
  // transaction may have got the number of one that was lost.
  outcome: raw(
    sql`select pg_xact_status(${parameter("transaction")}::xid8), exists (${
      db.selectFrom("log").select("id").where("id", "=", parameter<number>("id")).where(
        "name",
        "=",
        parameter<string>("name"),
      )
        .where("value", "=", parameter<string>("value"))
    })::text, (${db.selectFrom("compaction").select("removed")})`,
  ),
  setCompacted: db.updateTable("compaction").set({
    compacted: sql<number>`greatest(compacted, ${parameter("revision")}::bigint)`,
  }),
  // Another process that is at it has the lock.
  lockSweep: db.selectFrom("compaction").select(["removed", "swept"]).forUpdate().skipLocked(),
  setRemoved: db.updateTable("compaction").set({
    removed: sql<number>`greatest(removed, ${parameter("revision")}::bigint)`,
  }),
  sweep: raw(
    sql`with step as (${
      db.selectFrom("log").select(["id", "deleted", "previous"]).where("id", ">", parameter<number>("after"))
        .where("id", "<=", parameter<number>("through")).orderBy("id").limit(limit)
    }), gone as (${
      db.deleteFrom("log").where(
        "id",
        "=",
        sql<
          number
        >`any(array(select previous from step where previous > 0 union all select id from step where deleted = 1))`,
      )
    }) select count(*), max(id) from step`,
  ),
  setSwept: db.updateTable("compaction").set({ swept: parameter<number>("swept") }),
  setRevision: db.updateTable("state").set({ revision: parameter<number>("revision") }),
  setRestored: db.updateTable("compaction").set({
    compacted: parameter<number>("compacted"),
    removed: parameter<number>("removed"),
    swept: parameter<number>("swept"),
  }),
  notify: raw(sql`select pg_notify(${parameter("channel")}, ${parameter("payload")})`),
};

/** The source text of `statements.generated.ts`. */
export function generateStatements(): string {
  return generateModule(QUERIES);
}
