export type PkiErrorReason =
  /** A file holds no certificate or key that can be read, or the two do not belong together. */
  | "damaged"
  /** A certificate authority's certificate is there without its key. */
  | "keyMissing"
  /** A certificate authority has expired; nothing it would sign is accepted. */
  | "expired"
  /** A subject alternative name is neither a DNS name nor an IP address. */
  | "badName"
  /** Those who trust the present authority would not trust the new one. */
  | "untrusted"
  /** What is to be signed is no certificate request, or not its maker's. */
  | "badRequest";

export class PkiError extends Error {
  readonly reason: PkiErrorReason;

  constructor(reason: PkiErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PkiError";
    this.reason = reason;
  }
}
