export type SnapshotReason = "notFound" | "corrupt" | "exists" | "unavailable";

/** What could not be done with a snapshot; the message names the file and says what to do. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  constructor(readonly reason: SnapshotReason, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
