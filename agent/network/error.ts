/** Why the node's network could not be set up, changed or cleaned up. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly reason: "invalid" | "missingTool" | "commandFailed";

  constructor(reason: NetworkError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
