import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { S3Options } from "../server/snapshots/s3_bucket.ts";
import { UserError } from "./error.ts";

/** Where snapshots go besides the disk. Each has a twin that begins with `etcd`, as k3s's server calls it. */
export interface S3Flags {
  readonly s3?: boolean;
  readonly s3Endpoint?: string;
  readonly s3Bucket?: string;
  readonly s3Region?: string;
  readonly s3Folder?: string;
  readonly s3AccessKey?: string;
  readonly s3SecretKey?: string;
  readonly s3EndpointCa?: string;
  readonly s3Insecure?: boolean;
  readonly s3Timeout?: string;
}

/** Name, description, and the variable of the environment that stands for it. */
const FLAGS: readonly (readonly [string, string, string?])[] = [
  ["s3", "keep snapshots in an S3 bucket, too"],
  ["s3-endpoint <host>", "the S3 service (s3.amazonaws.com)"],
  ["s3-bucket <name>", "the bucket"],
  ["s3-region <name>", "its region (us-east-1)"],
  ["s3-folder <name>", "what the snapshots' names in the bucket begin with"],
  ["s3-access-key <key>", "access key", "AWS_ACCESS_KEY_ID"],
  ["s3-secret-key <key>", "secret key; other users can see a flag", "AWS_SECRET_ACCESS_KEY"],
  ["s3-endpoint-ca <file>", "authority that signed the service's certificate"],
  ["s3-insecure", "speak to the service without TLS"],
  ["s3-timeout <seconds>", "for one request (300)"],
];

export function withS3Flags(command: Command, group?: string): Command {
  for (const [flags, description, variable] of FLAGS) {
    const option = new Option(`--${flags}`, description);
    if (variable !== undefined) option.env(variable);
    command.addOption(group === undefined ? option : option.helpGroup(group));
    command.addOption(new Option(`--etcd-${flags}`).hideHelp());
  }
  return command;
}

/** Undefined without `--s3`. Throws a UserError that names the flag that is missing or wrong. */
export async function s3Settings(flags: S3Flags, workingDirectory: string): Promise<S3Options | undefined> {
  const of = (name: string): string | undefined => {
    const all = flags as Readonly<Record<string, string | undefined>>;
    return all[`etcd${name[0]!.toUpperCase()}${name.slice(1)}`] ?? all[name];
  };
  if (!of("s3")) return undefined;
  const required = (flag: string, value: string | undefined, where = ""): string => {
    if (!value) throw new UserError(`--s3 needs --${flag}${where}`);
    return value;
  };
  const ca = of("s3EndpointCa");
  const seconds = of("s3Timeout") ?? "300";
  if (!/^[1-9][0-9]{0,4}s?$/.test(seconds)) {
    throw new UserError(`--s3-timeout ${JSON.stringify(seconds)} is no number of seconds such as 300`);
  }
  return {
    endpoint: endpointUrl(of("s3Endpoint") ?? "s3.amazonaws.com", Boolean(of("s3Insecure"))),
    bucket: required("s3-bucket", of("s3Bucket")),
    region: of("s3Region") ?? "us-east-1",
    folder: (of("s3Folder") ?? "").replace(/^\/+|\/+$/g, ""),
    accessKey: required("s3-access-key", of("s3AccessKey"), " or AWS_ACCESS_KEY_ID"),
    secretKey: required("s3-secret-key", of("s3SecretKey"), " or AWS_SECRET_ACCESS_KEY"),
    ...ca !== undefined && { ca: await readCa(resolve(workingDirectory, ca)) },
    timeout: Number.parseInt(seconds) * 1000,
  };
}

function endpointUrl(text: string, insecure: boolean): string {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `${insecure ? "http" : "https"}://${text}`);
  if (!url || url.pathname !== "/" || url.search !== "") {
    throw new UserError(`--s3-endpoint ${JSON.stringify(text)} is no host such as s3.example.com:9000`);
  }
  return url.origin;
}

async function readCa(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new UserError(`--s3-endpoint-ca ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
