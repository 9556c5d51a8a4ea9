import { basename } from "node:path";
import { byTime, excess, type ListedSnapshot } from "./snapshot_directory.ts";
import { CHECKSUM_SUFFIX, parseSnapshotName } from "./snapshot_name.ts";

export interface S3Options {
  /** `https://s3.amazonaws.com`, or that of another service; buckets are addressed as its first folder. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  /** A prefix of all names, without slashes at its ends; empty for none. */
  readonly folder: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** PEM of the authority that signed the service's certificate, when it is none that everybody knows. */
  readonly ca?: string;
  /** Milliseconds for one request. */
  readonly timeout: number;
}

export type S3Reason = "notFound" | "forbidden" | "unavailable" | "tooLarge";

/** What a bucket answered, or that it did not. The message names bucket and endpoint, and no keys. */
export class S3Error extends Error {
  override readonly name = "S3Error";
  constructor(readonly reason: S3Reason, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

const REASONS: Readonly<Record<number, S3Reason>> = { 403: "forbidden", 404: "notFound" };
/** Of a snapshot, which is held in memory while it is sent. */
const FILE_LIMIT = 512 * 1024 * 1024;
/** Pages of a thousand names each. */
const PAGE_LIMIT = 100;

/** Snapshots in a bucket of an S3-compatible service. */
export class S3Bucket implements Disposable {
  readonly #options: S3Options;
  readonly #http: Deno.HttpClient;

  constructor(options: S3Options) {
    this.#options = options;
    this.#http = Deno.createHttpClient(options.ca === undefined ? {} : { caCerts: [options.ca] });
  }

  get name(): string {
    return this.#options.bucket;
  }

  /** Sends a snapshot's file and its checksum. */
  async upload(path: string, signal?: AbortSignal): Promise<void> {
    const { size } = await Deno.stat(path);
    if (size > FILE_LIMIT) {
      throw new S3Error("tooLarge", `${path} has ${size} bytes: at most ${FILE_LIMIT} can be sent to S3`);
    }
    // The checksum first: whoever sees the snapshot finds it.
    for (const file of [path + CHECKSUM_SUFFIX, path]) {
      await this.#request("PUT", basename(file), { body: await Deno.readFile(file), ...signal && { signal } });
    }
  }

  /** Fetches a snapshot and its checksum into a folder; the snapshot's path. Rejects with `notFound` for what is no snapshot's name. */
  async download(name: string, folder: string): Promise<string> {
    if (name.includes("/") || !parseSnapshotName(name)) {
      throw new S3Error("notFound", `${JSON.stringify(name)} is no name of a snapshot in the bucket ${this.name}`);
    }
    for (const file of [name + CHECKSUM_SUFFIX, name]) {
      const answer = await this.#request("GET", file, {});
      await Deno.writeFile(`${folder}/${file}`, answer, { mode: 0o600 });
    }
    return `${folder}/${name}`;
  }

  /** Newest first. */
  async list(): Promise<ListedSnapshot[]> {
    const found: ListedSnapshot[] = [];
    const prefix = this.#key("");
    let token: string | undefined;
    for (let page = 0; page < PAGE_LIMIT; page++) {
      const query = new URLSearchParams({
        "list-type": "2",
        prefix,
        ...token !== undefined && { "continuation-token": token },
      });
      const text = new TextDecoder().decode(await this.#request("GET", undefined, {}, query));
      for (const [, entry] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const name = (element(entry!, "Key") ?? "").slice(prefix.length);
        const parsed = name.includes("/") ? undefined : parseSnapshotName(name);
        if (parsed) found.push({ name, ...parsed, bytes: Number(element(entry!, "Size")) });
      }
      token = element(text, "NextContinuationToken");
      if (token === undefined) break;
    }
    return found.sort(byTime);
  }

  /** Removes all but the newest `keep` of each series; the names of those that went. */
  async prune(keep: number, series?: string, signal?: AbortSignal): Promise<string[]> {
    const removed: string[] = [];
    for (const { name } of excess(await this.list(), keep, series)) {
      for (const file of [name, name + CHECKSUM_SUFFIX]) {
        await this.#request("DELETE", file, { ...signal && { signal } });
      }
      removed.push(name);
    }
    return removed;
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }

  #key(name: string): string {
    return this.#options.folder === "" ? name : `${this.#options.folder}/${name}`;
  }

  async #request(
    method: string,
    name: string | undefined,
    { body, signal }: { body?: Uint8Array<ArrayBuffer>; signal?: AbortSignal },
    query?: URLSearchParams,
  ): Promise<Uint8Array> {
    const { endpoint, bucket, region, accessKey, secretKey, timeout } = this.#options;
    const what = `${method} ${name ?? ""} in bucket ${bucket} at ${endpoint}`;
    const { AwsClient } = await import("aws4fetch");
    const signer = new AwsClient({ accessKeyId: accessKey, secretAccessKey: secretKey, region, service: "s3" });
    const path = name === undefined ? "" : this.#key(name).split("/").map(encodeURIComponent).join("/");
    const url = `${endpoint}/${encodeURIComponent(bucket)}/${path}${query ? `?${query}` : ""}`;
    const signals = [AbortSignal.timeout(timeout), ...signal ? [signal] : []];
    try {
      const request = await signer.sign(url, { method, ...body && { body } });
      const answer = await fetch(request, { client: this.#http, signal: AbortSignal.any(signals) });
      const bytes = await answer.bytes();
      if (answer.ok) return bytes;
      const text = new TextDecoder().decode(bytes.slice(0, 4096));
      const detail = [element(text, "Code"), element(text, "Message")].filter(Boolean).join(": ");
      throw new S3Error(REASONS[answer.status] ?? "unavailable", `${what}: ${answer.status} ${detail}`.trimEnd());
    } catch (error) {
      if (error instanceof S3Error) throw error;
      signal?.throwIfAborted();
      throw new S3Error("unavailable", `${what}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** The text of the first element of that name. What is looked for here holds no other elements. */
function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(
    /&(amp|lt|gt|quot|apos|#(\d+));/g,
    (_, entity: string, code?: string) => code === undefined ? ENTITIES[entity]! : String.fromCodePoint(Number(code)),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
