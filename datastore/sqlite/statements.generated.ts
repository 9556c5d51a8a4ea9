// Generated from queries.ts by queries_test.ts.
export const STATEMENTS = {
  /** Parameters: name. */
  newest: "select \"id\", \"deleted\", \"create_revision\", \"version\" from \"log\" where \"name\" = ? order by \"id\" desc limit 1",
  /** Parameters: name, newest. */
  get: "select \"id\", \"deleted\", \"create_revision\", \"version\", \"value\" from \"log\" where \"log\".\"name\" = ? and \"log\".\"id\" <= ? order by \"log\".\"id\" desc limit 1",
  /** Parameters: id. */
  value: "select \"value\" from \"log\" where \"id\" = ?",
  /** Parameters: id, name, deleted, createRevision, previous, version, value. */
  insert: "insert into \"log\" (\"id\", \"name\", \"deleted\", \"create_revision\", \"previous\", \"version\", \"value\") values (?, ?, ?, ?, ?, ?, ?)",
  /** Parameters: start, end, newest, newest, limit. */
  list: "select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"value\" from \"log\" where \"log\".\"name\" >= ? and \"log\".\"name\" < ? and \"log\".\"id\" <= ? and \"log\".\"deleted\" = 0 and not exists (select 1 as \"one\" from \"log\" as \"later\" where \"later\".\"name\" = \"log\".\"name\" and \"later\".\"id\" > \"log\".\"id\" and \"later\".\"id\" <= ?) order by \"log\".\"name\" limit ?",
  /** Parameters: start, end, newest, newest, limit. */
  listKeys: "select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\" from \"log\" where \"log\".\"name\" >= ? and \"log\".\"name\" < ? and \"log\".\"id\" <= ? and \"log\".\"deleted\" = 0 and not exists (select 1 as \"one\" from \"log\" as \"later\" where \"later\".\"name\" = \"log\".\"name\" and \"later\".\"id\" > \"log\".\"id\" and \"later\".\"id\" <= ?) order by \"log\".\"name\" limit ?",
  /** Parameters: start, end, newest, newest, limit. */
  count: "select count(*) as \"count\", max(\"page\".\"name\") as \"last\" from (select \"log\".\"name\" from \"log\" where \"log\".\"name\" >= ? and \"log\".\"name\" < ? and \"log\".\"id\" <= ? and \"log\".\"deleted\" = 0 and not exists (select 1 as \"one\" from \"log\" as \"later\" where \"later\".\"name\" = \"log\".\"name\" and \"later\".\"id\" > \"log\".\"id\" and \"later\".\"id\" <= ?) order by \"log\".\"name\" limit ?) as \"page\"",
  /** Parameters: after, through, start, end, limit. */
  history: "select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"deleted\", \"log\".\"value\" from \"log\" where \"log\".\"id\" > ? and \"log\".\"id\" <= ? and +log.name >= ? and +log.name < ? order by \"log\".\"id\" limit ?",
  /** Parameters: after, through, start, end, limit. */
  historyWithPrevious: "select \"log\".\"id\", \"log\".\"name\", \"log\".\"create_revision\", \"log\".\"version\", \"log\".\"deleted\", \"log\".\"value\", \"before\".\"id\" as \"before_id\", \"before\".\"create_revision\" as \"before_create_revision\", \"before\".\"version\" as \"before_version\", \"before\".\"value\" as \"before_value\" from \"log\" left join \"log\" as \"before\" on \"before\".\"id\" = \"log\".\"previous\" where \"log\".\"id\" > ? and \"log\".\"id\" <= ? and +log.name >= ? and +log.name < ? order by \"log\".\"id\" limit ?",
  /** Parameters: none. */
  newestId: "select max(\"id\") as \"id\" from \"log\"",
  /** Parameters: through. */
  newestIdThrough: "select max(\"id\") as \"id\" from \"log\" where \"id\" <= ?",
  /** Parameters: after, through, limit. */
  superseding: "select \"id\", \"deleted\", \"previous\" from \"log\" where \"id\" > ? and \"id\" <= ? order by \"id\" limit ?",
  /** Parameters: before, limit. */
  verify: "select \"id\", length(value) as \"length\" from \"log\" where \"id\" < ? order by \"id\" desc limit ?",
  /** Parameters: after. */
  removeAfter: "delete from \"log\" where \"id\" > ?",
  /** Parameters: id. */
  remove: "delete from \"log\" where \"id\" = ?",
  /** Parameters: name. */
  mark: "select \"value\" from \"mark\" where \"name\" = ?",
  /** Parameters: name, value. */
  setMark: "replace into \"mark\" (\"name\", \"value\") values (?, ?)",
};
