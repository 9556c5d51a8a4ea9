import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { usagesOf } from "./certificate.ts";
import { certificatesIn } from "./issue.ts";

/** One certificate in a file. */
export interface InspectedCertificate {
  readonly file: string;
  readonly subject: string;
  readonly issuer: string;
  /** `authority`, `client`, `server` or `client, server`. */
  readonly usage: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly state: CertificateState;
}

export type CertificateState =
  | "ok"
  /** It will be made anew at the next start, or is an authority in its last year. */
  | "ends soon"
  | "expired"
  | "not yet valid"
  /** Of an earlier authority; it is made anew at the next start. */
  | "of an old authority"
  | "unreadable";

const DAY = 86_400_000;
const SOON = { leaf: 90 * DAY, authority: 365 * DAY };

/** Every certificate in the `.crt` files of a directory and those below it, by path; nothing where there is no directory. */
export async function inspectCertificates(directory: string, now: number): Promise<readonly InspectedCertificate[]> {
  const texts = new Map((await filesIn(directory)).map((file) => [file, Deno.readTextFileSync(file)]));
  const roots = new Set(
    [...texts].filter(([file]) => isAuthorityFile(file)).map(([, text]) => certificatesIn(text)[0]),
  );
  const authorities = [...roots].filter((text) => text !== undefined).flatMap((text) => parsed(text) ?? []);
  return [...texts].flatMap(([file, text]) => {
    const found = certificatesIn(text);
    if (found.length === 0) return [unreadable(file)];
    // What a leaf brings along of its authority is told where that lies.
    return (isAuthorityFile(file) ? found : found.slice(0, 1)).map((one) => inspect(file, one, authorities, now));
  });
}

function isAuthorityFile(file: string): boolean {
  return file.endsWith("-ca.crt");
}

async function filesIn(directory: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      const path = join(directory, name);
      if (isDirectory) files.push(...await filesIn(path));
      else if (name.endsWith(".crt")) files.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.toSorted();
}

function inspect(
  file: string,
  text: string,
  authorities: readonly X509Certificate[],
  now: number,
): InspectedCertificate {
  const certificate = parsed(text);
  if (certificate === undefined) return unreadable(file);
  const { subject, issuer, ca } = certificate;
  const [notBefore, notAfter] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  const isCurrent = ca || authorities.some((authority) => certificate.checkIssued(authority));
  const state = now < notBefore
    ? "not yet valid"
    : now > notAfter
    ? "expired"
    : !isCurrent
    ? "of an old authority"
    : notAfter - now <= (ca ? SOON.authority : SOON.leaf)
    ? "ends soon"
    : "ok";
  return {
    file,
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    usage: ca ? "authority" : usagesOf(certificate.raw).join(", "),
    notBefore,
    notAfter,
    state,
  };
}

function oneLine(name: string): string {
  return name.split("\n").toReversed().join(", ");
}

function parsed(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

function unreadable(file: string): InspectedCertificate {
  return { file, subject: "", issuer: "", usage: "", notBefore: 0, notAfter: 0, state: "unreadable" };
}
