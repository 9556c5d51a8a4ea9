import { DatastoreError } from "./contract.ts";

/** Whom to trust, and who we are. */
export interface TlsPaths {
  readonly caFile?: string | undefined;
  /** Together with `keyFile`. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** The same as PEM. */
export interface TlsPems {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** PEM files that may be renewed at any time: whoever connects asks for what they hold now. */
export class TlsFiles {
  readonly #paths: TlsPaths;
  #known: TlsPems;

  private constructor(paths: TlsPaths, known: TlsPems) {
    this.#paths = paths;
    this.#known = known;
  }

  /** Throws `invalidArgument` for a file that cannot be read, and for half of a pair; `whose` begins the message. */
  static open(whose: string, paths: TlsPaths): TlsFiles {
    if ((paths.certFile === undefined) !== (paths.keyFile === undefined)) {
      throw new DatastoreError("invalidArgument", `${whose}: a client certificate and its key are needed together`);
    }
    return new TlsFiles(
      paths,
      read(paths, (path, error) => {
        const message = `${whose}: ${path} cannot be read: ${(error as Error).message}`;
        throw new DatastoreError("invalidArgument", message, { cause: error });
      }),
    );
  }

  /** The same object as long as nothing has changed. While a file is away, as one that is being replaced, what they held before. */
  current(): TlsPems {
    try {
      const found = read(this.#paths, (_, error) => {
        throw error;
      });
      const { ca, cert, key } = this.#known;
      if (found.ca !== ca || found.cert !== cert || found.key !== key) this.#known = found;
    } catch {
      // The next connection looks again.
    }
    return this.#known;
  }
}

function read({ caFile, certFile, keyFile }: TlsPaths, onError: (path: string, error: unknown) => never): TlsPems {
  const pem = (path: string | undefined): string | undefined => {
    if (path === undefined) return undefined;
    try {
      return Deno.readTextFileSync(path);
    } catch (error) {
      return onError(path, error);
    }
  };
  return { ca: pem(caFile), cert: pem(certFile), key: pem(keyFile) };
}
