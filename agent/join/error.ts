/** A machine cannot join, or not go on as a member; the message is for its user. */
export class JoinError extends Error {
  override readonly name = "JoinError";
  constructor(
    readonly reason: "badServer" | "noToken" | "tokenRefused" | "otherCluster" | "otherMachine" | "refused",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
