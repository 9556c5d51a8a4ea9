/** Something that whoever typed the command can mend; shown without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** Error classes of the parts below whose messages are made for users. */
const FOR_USERS = new Set([
  "UserError",
  "DatastoreError",
  "PkiError",
  "RuntimeError",
  "NetworkError",
  "ContainerdError",
  "ListenError",
]);

/** The message alone for what users can mend, else the whole stack: then it is our defect. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return FOR_USERS.has(error.name) ? error.message : error.stack ?? error.message;
}
