// Generated from queries.ts by queries_test.ts.
export const STATEMENTS = {
  /** Parameters: schema. */
  server: "select current_setting('server_version_num'), current_setting('server_encoding'), to_regnamespace($1)::text",
  /** Parameters: none. */
  position: "select \"state\".\"revision\", \"compaction\".\"compacted\", \"compaction\".\"removed\" from \"state\" inner join \"compaction\" on \"compaction\".\"one\" = \"state\".\"one\"",
  /** Parameters: none. */
  schemaVersion: "select \"schema_version\" from \"state\"",
  /** Parameters: name, newest. */
  get: "select \"state\".\"revision\", \"compaction\".\"compacted\", \"compaction\".\"removed\", \"found\".* from \"state\" inner join \"compaction\" on \"compaction\".\"one\" = \"state\".\"one\" left join lateral (select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"deleted\", \"log\".\"value\" from \"log\" where \"log\".\"name\" = $1 and \"log\".\"id\" <= $2 order by \"log\".\"id\" desc limit 1) as \"found\" on true",
  /** Parameters: start, end, newest, newest, limit. */
  list: "select \"state\".\"revision\", \"compaction\".\"compacted\", \"compaction\".\"removed\", \"found\".* from \"state\" inner join \"compaction\" on \"compaction\".\"one\" = \"state\".\"one\" left join lateral (select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"value\" from \"log\" where \"log\".\"name\" >= $1 and \"log\".\"name\" < $2 and \"log\".\"id\" <= $3 and \"log\".\"deleted\" = 0 and not exists (select 1 as \"one\" from \"log\" as \"later\" where \"later\".\"name\" = \"log\".\"name\" and \"later\".\"id\" > \"log\".\"id\" and \"later\".\"id\" <= $4) order by \"log\".\"name\" limit $5) as \"found\" on true order by \"found\".\"name\"",
  /** Parameters: start, end, newest, newest, limit. */
  listKeys: "select \"state\".\"revision\", \"compaction\".\"compacted\", \"compaction\".\"removed\", \"found\".* from \"state\" inner join \"compaction\" on \"compaction\".\"one\" = \"state\".\"one\" left join lateral (select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\" from \"log\" where \"log\".\"name\" >= $1 and \"log\".\"name\" < $2 and \"log\".\"id\" <= $3 and \"log\".\"deleted\" = 0 and not exists (select 1 as \"one\" from \"log\" as \"later\" where \"later\".\"name\" = \"log\".\"name\" and \"later\".\"id\" > \"log\".\"id\" and \"later\".\"id\" <= $4) order by \"log\".\"name\" limit $5) as \"found\" on true order by \"found\".\"name\"",
  /** Parameters: start, end, newest, newest. */
  count: "select \"state\".\"revision\", \"compaction\".\"compacted\", \"compaction\".\"removed\", \"found\".* from \"state\" inner join \"compaction\" on \"compaction\".\"one\" = \"state\".\"one\" left join lateral (select count(*) as \"count\" from \"log\" where \"log\".\"name\" >= $1 and \"log\".\"name\" < $2 and \"log\".\"id\" <= $3 and \"log\".\"deleted\" = 0 and not exists (select 1 as \"one\" from \"log\" as \"later\" where \"later\".\"name\" = \"log\".\"name\" and \"later\".\"id\" > \"log\".\"id\" and \"later\".\"id\" <= $4)) as \"found\" on true",
  /** Parameters: after, through, start, end, limit. */
  history: "select \"state\".\"revision\", \"compaction\".\"compacted\", \"compaction\".\"removed\", \"found\".* from \"state\" inner join \"compaction\" on \"compaction\".\"one\" = \"state\".\"one\" left join lateral (select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"deleted\", \"log\".\"value\" from \"log\" where \"log\".\"id\" > $1 and \"log\".\"id\" <= $2 and \"log\".\"name\" >= $3 and \"log\".\"name\" < $4 order by \"log\".\"id\" limit $5) as \"found\" on true order by \"found\".\"id\"",
  /** Parameters: after, through, start, end, limit. */
  historyWithPrevious: "select \"state\".\"revision\", \"compaction\".\"compacted\", \"compaction\".\"removed\", \"found\".* from \"state\" inner join \"compaction\" on \"compaction\".\"one\" = \"state\".\"one\" left join lateral (select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"deleted\", \"log\".\"value\", \"before\".\"id\" as \"before_id\", \"before\".\"create_revision\" as \"before_create_revision\", \"before\".\"version\" as \"before_version\", \"before\".\"value\" as \"before_value\" from \"log\" left join \"log\" as \"before\" on \"before\".\"id\" = \"log\".\"previous\" where \"log\".\"id\" > $1 and \"log\".\"id\" <= $2 and \"log\".\"name\" >= $3 and \"log\".\"name\" < $4 order by \"log\".\"id\" limit $5) as \"found\" on true order by \"found\".\"id\"",
  /** Parameters: none. */
  bytes: "select pg_total_relation_size('log')",
  /** Parameters: none. */
  lock: "select \"revision\", pg_current_xact_id()::text as \"transaction\" from \"state\" for update",
  /** Parameters: names. */
  newest: "select found.* from unnest($1::text[]) as wanted(name) cross join lateral ((select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"deleted\" from \"log\" where log.name = wanted.name order by \"log\".\"id\" desc limit 1)) as found",
  /** Parameters: ids. */
  values: "select \"id\", \"value\" from \"log\" where \"id\" = any($1::bigint[])",
  /** Parameters: ids, names, deleted, createRevisions, previous, versions, values, revision, channel, payload. */
  write: "with added as (insert into log (id, name, deleted, create_revision, previous, version, value) select * from unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])), counted as (update \"state\" set \"revision\" = $8) select pg_notify($9, $10)",
  /** Parameters: ids, names, deleted, createRevisions, previous, versions, values. */
  restore: "insert into log (id, name, deleted, create_revision, previous, version, value) select * from unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])",
  /** Parameters: transaction, id, name, value. */
  outcome: "select pg_xact_status($1::xid8), exists ((select \"id\" from \"log\" where \"id\" = $2 and \"name\" = $3 and \"value\" = $4))::text, ((select \"removed\" from \"compaction\"))",
  /** Parameters: revision. */
  setCompacted: "update \"compaction\" set \"compacted\" = greatest(compacted, $1::bigint)",
  /** Parameters: none. */
  lockSweep: "select \"removed\", \"swept\" from \"compaction\" for update skip locked",
  /** Parameters: revision. */
  setRemoved: "update \"compaction\" set \"removed\" = greatest(removed, $1::bigint)",
  /** Parameters: after, through, limit. */
  sweep: "with step as ((select \"id\", \"deleted\", \"previous\" from \"log\" where \"id\" > $1 and \"id\" <= $2 order by \"id\" limit $3)), gone as (delete from \"log\" where \"id\" = any(array(select previous from step where previous > 0 union all select id from step where deleted = 1))) select count(*), max(id) from step",
  /** Parameters: swept. */
  setSwept: "update \"compaction\" set \"swept\" = $1",
  /** Parameters: revision. */
  setRevision: "update \"state\" set \"revision\" = $1",
  /** Parameters: compacted, removed, swept. */
  setRestored: "update \"compaction\" set \"compacted\" = $1, \"removed\" = $2, \"swept\" = $3",
  /** Parameters: channel, payload. */
  notify: "select pg_notify($1, $2)",
};
