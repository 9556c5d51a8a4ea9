import { UserError } from "./error.ts";

/** Error classes of the parts below whose messages are made for users; anything else is our defect and keeps its stack. */
const FOR_USERS = new Set([
  "AdmissionConfigurationError",
  "AuthenticationConfigurationError",
  "AuthorizationConfigurationError",
  "BootstrapError",
  "ClusterCaError",
  "ClusterError",
  "ClusterTokenError",
  "ContainerdError",
  "DatastoreError",
  "EncryptionError",
  "JoinError",
  "KubeconfigError",
  "NetworkError",
  "PkiError",
  "RegistriesError",
  "RuntimeError",
  "S3Error",
  "SnapshotError",
  "StatusError",
  "TokenKeyError",
]);

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use by another process; stop that, or choose another port",
  EADDRNOTAVAIL: "this machine does not have that address",
  EINVAL: "this machine does not have that address",
  EACCES: "ports below 1024 are for root",
};

/** Runs a command's action; what went wrong is told as its user can understand it. */
export async function forUser<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asUserError(error);
  }
}

/** The error as a {@linkcode UserError} where its user can mend it, else itself. */
export function asUserError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = FOR_USERS.has(error.name) || isOfFile(error)
    ? error.message
    : listenProblem(error) ?? listenProblem(error.cause);
  return message === undefined ? error : new UserError(message, { cause: error });
}

/** Their messages name the operation and the path. */
function isOfFile(error: Error): boolean {
  const { PermissionDenied, NotFound, NotADirectory, IsADirectory } = Deno.errors;
  return [PermissionDenied, NotFound, NotADirectory, IsADirectory].some((type) => error instanceof type);
}

function listenProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { syscall, code = "", address, port } = error as Error & Partial<Record<string, string>>;
  const problem = syscall === "listen" ? listenProblems[code] : undefined;
  return problem && `cannot listen on ${address}:${port}: ${problem}`;
}
