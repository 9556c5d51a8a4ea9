import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../../api/clock.ts";
import { parseYAML } from "../../../../api/codec/yaml.ts";
import type { AnonymousPaths } from "../authenticator.ts";
import { signingAlgorithms } from "../oidc/configuration.ts";
import { ExternalIssuers } from "../oidc/external_issuers.ts";
import { AuthenticationConfigurationError } from "./error.ts";
import { type AuthenticationConfiguration, readAuthenticationConfiguration } from "./read_authentication.ts";
import { watchFile } from "./watch_file.ts";

export interface LoadAuthenticationOptions {
  readonly file: string;
  /** The issuers of this server's own tokens. */
  readonly ownIssuers: readonly string[];
  readonly clock: Clock;
  /** Ends the following of the file. */
  readonly signal: AbortSignal;
}

export interface LoadedAuthentication {
  readonly issuers: ExternalIssuers;
  readonly anonymous: AnonymousPaths | undefined;
}

const logger = getLogger(["skiff", "apiserver", "authentication"]);

/**
 * Reads the file and follows it: a change is taken over when it can be used and its issuers answer, and is told in the log when not. Who is
 * anonymous where can only be changed by a new start. Rejects with an AuthenticationConfigurationError.
 */
export async function loadAuthenticationConfiguration(
  options: LoadAuthenticationOptions,
): Promise<LoadedAuthentication> {
  const { file, clock, signal } = options;
  try {
    const text = await Deno.readTextFile(file);
    const first = parse(text, options);
    const issuers = await ExternalIssuers.open(first.jwt, { algorithms: signingAlgorithms, clock });
    const changed = async (now: string) => {
      try {
        const next = parse(now, options);
        if (shownAnonymous(next) !== shownAnonymous(first)) {
          throw new TypeError("anonymous cannot change without a new start");
        }
        await issuers.replace(next.jwt);
        logger.info("the authentication configuration {file} has been read again", { file });
      } catch (error) {
        logger.error("{message}; the one before stays", {
          message: unusable(file, error).message,
        });
      }
    };
    watchFile({ file, text, signal, changed });
    return { issuers, anonymous: first.anonymous };
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, cause: unknown): AuthenticationConfigurationError {
  const message = `the authentication configuration ${file} cannot be used: ${(cause as Error).message}`;
  return new AuthenticationConfigurationError(message, { cause });
}

function parse(text: string, { ownIssuers }: LoadAuthenticationOptions): AuthenticationConfiguration {
  const { value, duplicates: [duplicate] } = parseYAML(text);
  if (duplicate !== undefined) throw new TypeError(duplicate.message);
  return readAuthenticationConfiguration(value, ownIssuers);
}

function shownAnonymous({ anonymous }: AuthenticationConfiguration): string {
  return anonymous instanceof Set ? JSON.stringify([...anonymous]) : String(anonymous);
}
