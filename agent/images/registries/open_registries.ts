import { getLogger } from "@logtape/logtape";
import { configOf, credentialsByHost, hostsFiles } from "./hosts_toml.ts";
import type { Credentials, Registries, RegistryTls } from "./registries_file.ts";
import type { Rewriter, RewrittenEndpoint } from "./rewriter.ts";

/** What containerd is to be told of registries. */
export interface OpenedRegistries {
  /** By host, for containerd's own configuration. */
  readonly credentials: ReadonlyMap<string, Credentials>;
  close(): Promise<void>;
}

export interface RegistriesOptions {
  /** `registries.yaml`; need not be there. */
  readonly file: string;
  /** containerd's `certs.d`. */
  readonly directory: string;
  readonly onlyMirrors: boolean;
}

/** What is written here is known by its first line, and may be written anew or removed. */
const MARK = "# Made by Skiff of registries.yaml; to be changed there.\n";

const logger = getLogger(["skiff", "registries"]);

/** Makes `hosts.toml` files of `registries.yaml`; containerd reads them at each pull. Rejects with a RegistriesError. */
export async function openRegistries({ file, directory, onlyMirrors }: RegistriesOptions): Promise<OpenedRegistries> {
  const registries = await readRegistries(file);
  const rewritten = rewrittenEndpoints(registries);
  const rewriter = rewritten.length === 0 ? undefined : await startFor(rewritten, registries.configs);
  try {
    const files = hostsFiles(registries, {
      onlyMirrors,
      rewriting: (registry, endpoint) =>
        rewriter!.addressOf(rewritten.findIndex((one) => one.registry === registry && one.url === endpoint)),
    });
    await writeHosts(directory, files);
  } catch (error) {
    await rewriter?.close();
    throw error;
  }
  return { credentials: credentialsByHost(registries), close: async () => await rewriter?.close() };
}

async function readRegistries(file: string): Promise<Registries> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { mirrors: new Map(), configs: new Map() };
    throw error;
  }
  const { parseRegistries } = await import("./registries_file.ts");
  return parseRegistries(text, file);
}

function rewrittenEndpoints({ mirrors }: Registries) {
  return [...mirrors].flatMap(([registry, { endpoints, rewrites }]) =>
    rewrites.length === 0 ? [] : endpoints.map((url) => ({ registry, url, rewrites }))
  );
}

async function startFor(
  endpoints: ReturnType<typeof rewrittenEndpoints>,
  configs: Registries["configs"],
): Promise<Rewriter> {
  const { startRewriter } = await import("./rewriter.ts");
  return await startRewriter(
    await Promise.all(endpoints.map(async ({ url, rewrites }): Promise<RewrittenEndpoint> => {
      const { auth, tls } = configOf(configs, url.host) ?? {};
      return { url, rewrites, ...auth && { credentials: auth }, ...tls && { tls: await read(tls) } };
    })),
  );
}

async function read({ caFile, certFile, keyFile, insecureSkipVerify }: RegistryTls) {
  return {
    ...caFile && { ca: await Deno.readTextFile(caFile) },
    ...certFile && { cert: await Deno.readTextFile(certFile) },
    ...keyFile && { key: await Deno.readTextFile(keyFile) },
    ...insecureSkipVerify && { rejectUnauthorized: false },
  };
}

/** Directories that the user has made there stay as they are. */
async function writeHosts(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  await Deno.mkdir(directory, { recursive: true, mode: 0o711 });
  for await (const { name } of Deno.readDir(directory)) {
    if (!files.has(name) && await isOurs(`${directory}/${name}`)) {
      await Deno.remove(`${directory}/${name}`, { recursive: true });
    }
  }
  for (const [name, text] of files) {
    const folder = `${directory}/${name}`;
    const path = `${folder}/hosts.toml`;
    if (await Deno.stat(path).then(() => true, () => false) && !await isOurs(folder)) {
      logger.warn("{path} is not Skiff's: what registries.yaml says of {name} is left out", { path, name });
      continue;
    }
    await Deno.mkdir(folder, { recursive: true, mode: 0o711 });
    // It may hold the address of the rewriter, which is a secret.
    await Deno.writeTextFile(`${path}.new`, MARK + text, { mode: 0o600 });
    await Deno.rename(`${path}.new`, path);
  }
}

async function isOurs(folder: string): Promise<boolean> {
  return (await Deno.readTextFile(`${folder}/hosts.toml`).catch(() => "")).startsWith(MARK);
}
