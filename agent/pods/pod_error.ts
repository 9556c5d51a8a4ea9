/** Something of a Pod that could not be done. `reason` is what its status and events show. */
export class PodError extends Error {
  override readonly name = "PodError";
  constructor(readonly reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
