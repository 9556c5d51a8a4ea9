import { UserError } from "./error.ts";

/** Error classes of the parts below whose messages are made for users; anything else is our defect and keeps its stack. */
const FOR_USERS = new Set(["DatastoreError", "SnapshotError", "KubeconfigError", "StatusError", "S3Error"]);

/** Runs a command's action; what went wrong is told as its user can understand it. */
export async function forUser<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isFile = error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotFound;
    if (FOR_USERS.has(error.name) || isFile) throw new UserError(error.message, { cause: error });
    throw error;
  }
}
