import { X509Certificate } from "node:crypto";

export interface Validity {
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** As kubelets have it: after so much of a certificate's life it is renewed, spread over the second part so that not all nodes come at once. */
const EARLIEST = 0.7;
const SPREAD = 0.2;
/** So often everything is looked at anyway: clocks jump. In milliseconds. */
const LOOK_EVERY = 3_600_000;
/** Between two looks, after a failure or however short the certificates. */
const LEAST = 10_000;
/** What was renewed is not renewed again for so much of its life, whatever the clocks say, but for an hour at most. */
const REST = 0.1;

export function validityOf(pem: string): Validity {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return { notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() };
}

/** When a certificate is to be renewed; `spread` is a number from 0 to 1 that is the node's own. */
export function renewAt({ notBefore, notAfter }: Validity, spread: number): number {
  return notBefore + (notAfter - notBefore) * (EARLIEST + SPREAD * spread);
}

/** Whether a certificate that was got so many milliseconds ago (undefined: in an earlier run) is to be renewed now. */
export function isDue(validity: Validity, now: number, spread: number, age: number | undefined): boolean {
  const rest = Math.min((validity.notAfter - validity.notBefore) * REST, LOOK_EVERY);
  return now >= renewAt(validity, spread) && (age === undefined || age >= rest);
}

/** Milliseconds until certificates are to be looked at again, after so many failures in a row. */
export function nextLook(certificates: readonly Validity[], now: number, spread: number, failures: number): number {
  if (failures > 0) return Math.min(LEAST * 2 ** (failures - 1), LOOK_EVERY);
  const first = Math.min(...certificates.map((one) => renewAt(one, spread)));
  return Math.min(Math.max(first - now, LEAST), LOOK_EVERY);
}
