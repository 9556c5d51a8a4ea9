import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

/** What `registries.yaml` says, in k3s's form. */
export interface Registries {
  /** By registry (`docker.io`, `registry.example:5000`), or `*` for all that have none of their own. */
  readonly mirrors: ReadonlyMap<string, Mirror>;
  /** By the host (and port) that is spoken to, or `*`. */
  readonly configs: ReadonlyMap<string, RegistryConfig>;
}

export interface Mirror {
  /** Tried in turn. */
  readonly endpoints: readonly URL[];
  /** The first that matches an image's repository makes another of it. */
  readonly rewrites: readonly Rewrite[];
}

export interface Rewrite {
  readonly pattern: RegExp;
  readonly replacement: string;
}

export interface RegistryConfig {
  readonly auth?: Credentials;
  readonly tls?: RegistryTls;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** base64 of `username:password`. */
  readonly auth?: string;
  readonly identityToken?: string;
}

export interface RegistryTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly insecureSkipVerify?: boolean;
}

/** A `registries.yaml` that cannot be followed; the message names file and line. */
export class RegistriesError extends Error {
  override readonly name = "RegistriesError";
}

/** Throws a {@linkcode RegistriesError}. Pure. */
export function parseRegistries(text: string, file: string): Registries {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  const at = (offset: number | undefined) => `${file}:${lines.linePos(offset ?? 0).line}`;
  if (fault) {
    throw new RegistriesError(`${at(fault.pos[0])}: ${fault.message.split("\n")[0]!.replace(/ at line.*/, "")}`);
  }
  const root = new Reader(document.contents, "registries.yaml", at(0), at);
  const { mirrors, configs } = root.fields(["mirrors", "configs"]);
  return {
    mirrors: new Map(mirrors?.entries().map(([name, reader]) => [name, mirrorOf(reader)])),
    configs: new Map(configs?.entries().map(([name, reader]) => [name, configOf(reader)])),
  };
}

function mirrorOf(reader: Reader): Mirror {
  const { endpoint, rewrite } = reader.fields(["endpoint", "rewrite"]);
  const endpoints = endpoint?.list().map(endpointOf) ?? [];
  const rewrites = rewrite?.entries().map(([pattern, reader]) => rewriteOf(pattern, reader)) ?? [];
  if (rewrites.length > 0 && endpoints.length === 0) {
    throw reader.wrong("rewrite needs an endpoint: the registry itself gets names as they are");
  }
  return { endpoints, rewrites };
}

function endpointOf(reader: Reader): URL {
  const text = reader.text();
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`);
  if (url === null || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw reader.wrong(`${JSON.stringify(text)} is no address such as https://registry.example:5000`);
  }
  return url;
}

/** Patterns are Go's: what both languages know is the same, but for `${1}`. */
function rewriteOf(pattern: string, reader: Reader): Rewrite {
  const replacement = reader.text().replaceAll(/\$\{(\d{1,2})\}/g, "$$$1");
  try {
    return { pattern: new RegExp(pattern), replacement };
  } catch {
    throw reader.wrong(`${JSON.stringify(pattern)} is no regular expression`);
  }
}

function configOf(reader: Reader): RegistryConfig {
  const { auth, tls } = reader.fields(["auth", "tls"]);
  return { ...auth && { auth: credentialsOf(auth) }, ...tls && { tls: tlsOf(tls) } };
}

function credentialsOf(reader: Reader): Credentials {
  const { username, password, auth, identity_token: token } = reader.fields([
    "username",
    "password",
    "auth",
    "identity_token",
  ]);
  if ((username === undefined) !== (password === undefined)) throw reader.wrong("username and password go together");
  return {
    ...username && { username: username.text() },
    ...password && { password: password.text() },
    ...auth && { auth: auth.text() },
    ...token && { identityToken: token.text() },
  };
}

function tlsOf(reader: Reader): RegistryTls {
  const fields = reader.fields(["ca_file", "cert_file", "key_file", "insecure_skip_verify"]);
  if ((fields.cert_file === undefined) !== (fields.key_file === undefined)) {
    throw reader.wrong("cert_file and key_file go together");
  }
  return {
    ...fields.ca_file && { caFile: fields.ca_file.path() },
    ...fields.cert_file && { certFile: fields.cert_file.path() },
    ...fields.key_file && { keyFile: fields.key_file.path() },
    ...fields.insecure_skip_verify && { insecureSkipVerify: fields.insecure_skip_verify.truth() },
  };
}

/** One value of the file with its place; whatever is asked of it that it is not is an error with that place. */
class Reader {
  constructor(
    readonly node: unknown,
    readonly name: string,
    readonly where: string,
    readonly at: (offset: number | undefined) => string,
  ) {}

  wrong(what: string): RegistriesError {
    return new RegistriesError(`${this.where}: ${this.name}: ${what}`);
  }

  entries(): [string, Reader][] {
    if (this.node === null || isScalar(this.node) && this.node.value === null) return [];
    if (!isMap(this.node)) throw this.wrong("is no mapping");
    return this.node.items.map(({ key, value }) => {
      const text = isScalar(key) ? String(key.value) : String(key);
      return [text, new Reader(value, text, this.at(isScalar(key) ? key.range?.[0] : 0), this.at)];
    });
  }

  fields<Name extends string>(known: readonly Name[]): { readonly [N in Name]?: Reader } {
    const entries = this.entries();
    const unknown = entries.find(([name]) => !(known as readonly string[]).includes(name));
    if (unknown) throw unknown[1].wrong(`is not one of ${known.join(", ")}`);
    return Object.fromEntries(entries) as { readonly [N in Name]?: Reader };
  }

  list(): Reader[] {
    if (!isSeq(this.node)) throw this.wrong("is no list");
    return this.node.items.map((item) => new Reader(item, this.name, this.where, this.at));
  }

  text(): string {
    if (isScalar(this.node) && this.node.value !== null) return String(this.node.value);
    throw this.wrong("has no value");
  }

  path(): string {
    const text = this.text();
    if (text.startsWith("/")) return text;
    throw this.wrong(`${JSON.stringify(text)} is no absolute path`);
  }

  truth(): boolean {
    if (isScalar(this.node) && typeof this.node.value === "boolean") return this.node.value;
    throw this.wrong("is neither true nor false");
  }
}
