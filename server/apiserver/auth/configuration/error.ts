/** Something about how users are told apart that cannot be used. The message names the file or flag, and what to do. */
export class AuthenticationConfigurationError extends Error {
  readonly reason = "InvalidAuthenticationConfiguration";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AuthenticationConfigurationError";
  }
}
