export const SCHEMA_VERSION = 1;

/** What a store is called in a database, when the address does not say: a schema of its own. */
export const DEFAULT_SCHEMA = "skiff";

/** What is created in an empty schema. Each statement may find that another process has just done it. */
export const TABLES = [
  // The bytes' order is the contract's. Rows are written once and deleted once; the many small deletions are vacuumed early.
  `create table if not exists log (
    id bigint primary key,
    name text collate "C" not null,
    deleted smallint not null,
    create_revision bigint not null,
    previous bigint not null,
    version bigint not null,
    value text not null
  ) with (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05)`,
  "create index if not exists log_name on log (name, id)",
  // One row, whose lock orders all writers: who has it hands out the next revisions.
  `create table if not exists state (
    one boolean primary key default true check (one),
    schema_version integer not null,
    revision bigint not null
  ) with (fillfactor = 10)`,
  /*
   * One row. `compacted`: reads below it are refused. `removed`: rows may be gone that only reads below it could see; behind `compacted` while
   * somebody still reads there. `swept`: the last row id that the removal has looked at.
   */
  `create table if not exists compaction (
    one boolean primary key default true check (one),
    compacted bigint not null,
    removed bigint not null,
    swept bigint not null
  ) with (fillfactor = 10)`,
  `insert into state (schema_version, revision) values (${SCHEMA_VERSION}, 1) on conflict do nothing`,
  "insert into compaction (compacted, removed, swept) values (0, 0, 0) on conflict do nothing",
];
