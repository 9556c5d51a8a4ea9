import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { HttpsOptions } from "./https_transport.ts";

/** A kubeconfig that cannot be used: the message names the file and the entry. */
export class KubeconfigError extends Error {
  readonly reason = "InvalidKubeconfig";

  constructor(file: string, detail: string, options?: ErrorOptions) {
    super(`kubeconfig ${file}: ${detail}`, options);
    this.name = "KubeconfigError";
  }
}

export interface KubeconfigOptions extends HttpsOptions {
  /** Of the context; `default` when it names none. */
  readonly namespace: string;
}

interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
}

interface User {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  exec?: unknown;
  "auth-provider"?: unknown;
}

interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}

interface Kubeconfig {
  "current-context"?: string;
  clusters?: { name?: string; cluster?: Cluster }[];
  users?: { name?: string; user?: User }[];
  contexts?: { name?: string; context?: Context }[];
}

/** What `createHttpsClient` needs, out of a kubeconfig file's current context or the one named. Rejects with a KubeconfigError. */
export async function readKubeconfig(file: string, context?: string): Promise<KubeconfigOptions> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new KubeconfigError(file, `cannot be read: ${(cause as Error).message}`, { cause });
  }
  return await resolveKubeconfig(text, file, context);
}

/** As {@linkcode readKubeconfig}, of a text; files it names are looked for beside `file`. */
export async function resolveKubeconfig(text: string, file: string, context?: string): Promise<KubeconfigOptions> {
  const config = parseConfig(text, file);
  const contextName = context ?? config["current-context"] ?? "";
  const { cluster: clusterName = "", user: userName = "", namespace = "default" } =
    entry(config.contexts, contextName, "context", file).context ?? {};
  const cluster = entry(config.clusters, clusterName, "cluster", file).cluster ?? {};
  const user = userName === "" ? {} : entry(config.users, userName, "user", file).user ?? {};
  if (!cluster.server) throw new KubeconfigError(file, `cluster ${JSON.stringify(clusterName)} has no server`);
  if (user.exec !== undefined || user["auth-provider"] !== undefined) {
    throw new KubeconfigError(
      file,
      `user ${JSON.stringify(userName)} authenticates by a plugin; use a certificate or a token instead`,
    );
  }
  const read = (data: string | undefined, path: string | undefined, field: string) => pem(data, path, field, file);
  const ca = await read(
    cluster["certificate-authority-data"],
    cluster["certificate-authority"],
    "certificate-authority",
  );
  const cert = await read(user["client-certificate-data"], user["client-certificate"], "client-certificate");
  const key = await read(user["client-key-data"], user["client-key"], "client-key");
  const options = {
    namespace,
    server: cluster.server,
    ca,
    cert,
    key,
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"],
    tlsServerName: cluster["tls-server-name"],
    token: user.token,
    tokenFile: user.tokenFile && resolve(dirname(file), user.tokenFile),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value)) as unknown as KubeconfigOptions;
}

function parseConfig(text: string, file: string): Kubeconfig {
  let config: unknown;
  try {
    config = parse(text);
  } catch (cause) {
    throw new KubeconfigError(file, (cause as Error).message, { cause });
  }
  if (typeof config !== "object" || config === null) throw new KubeconfigError(file, "is no YAML mapping");
  return config;
}

function entry<T extends { name?: string }>(entries: T[] | undefined, name: string, what: string, file: string): T {
  const found = entries?.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = (entries ?? []).map((one) => JSON.stringify(one.name)).join(", ");
  throw new KubeconfigError(file, `there is no ${what} ${JSON.stringify(name)}; it has ${known || "none"}`);
}

async function pem(
  data: string | undefined,
  path: string | undefined,
  field: string,
  file: string,
): Promise<string | undefined> {
  if (data !== undefined) {
    try {
      return atob(data);
    } catch (cause) {
      throw new KubeconfigError(file, `${field}-data is no base64`, { cause });
    }
  }
  if (path === undefined) return undefined;
  try {
    return await Deno.readTextFile(resolve(dirname(file), path));
  } catch (cause) {
    throw new KubeconfigError(file, `${field} ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
