/** "skif" in ASCII: SQLite's mark of whose file this is. */
export const APPLICATION_ID = 0x736b6966;
export const SCHEMA_VERSION = 1;

/**
 * Per connection, before anything is read. An exclusive lock keeps a second process out and the write-ahead log's index in memory.
 * `auto_vacuum` works only before the first table is made.
 */
export const PRAGMAS = [
  "PRAGMA locking_mode = EXCLUSIVE",
  "PRAGMA busy_timeout = 500",
  "PRAGMA auto_vacuum = INCREMENTAL",
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA journal_size_limit = 4194304",
  "PRAGMA temp_store = MEMORY",
];

/**
 * `log` holds every change since the compaction; `previous` is the id of the row that a change superseded, 0 after none or a deletion.
 * `value` comes last: what only needs the other columns then does not read its overflow pages.
 * The index ends with the row's id, as every index does: it finds the newest row of a name.
 */
export const TABLES = [
  `CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    create_revision INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    version INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT`,
  "CREATE INDEX log_name ON log (name)",
  "CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `PRAGMA user_version = ${SCHEMA_VERSION}`,
];

/** A store's own number, which tells it from every other one. Stores of earlier versions get it when they are opened. */
export const IDENTITY = "INSERT OR IGNORE INTO mark SELECT 'identity', abs(random() >> 11)";
