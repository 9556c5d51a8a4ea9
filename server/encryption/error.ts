export type EncryptionErrorReason =
  /** The configuration is no EncryptionConfiguration that Skiff can follow. */
  | "badConfiguration"
  /** A value was written with a key that the configuration does not have. */
  | "unknownKey"
  /** A value does not decrypt with the key that it names: it, or the key, is not what it was. */
  | "damaged"
  /** The step does not follow from where the keys are. */
  | "wrongStep";

/** What encryption at rest could not do; the message is made for the user. */
export class EncryptionError extends Error {
  override readonly name = "EncryptionError";
  constructor(readonly reason: EncryptionErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
