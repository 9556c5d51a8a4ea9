import type { Clock } from "../../api/clock.ts";
import { createClientCertificateVerifier } from "../../client/verify_client_certificate.ts";
import { HttpError } from "./http_error.ts";

/** The user that the API server's certificate for kubelets names. */
const API_SERVER = "kube-apiserver-kubelet-client";
const MASTERS = "system:masters";

/** A TLS connection, as node:tls has it. */
export interface TlsPeer {
  getPeerCertificate(detailed: false): { readonly raw?: Uint8Array } | undefined;
}

/** Throws an {@linkcode HttpError}, 401 or 403, unless the peer is the API server or one of the cluster's masters. */
export type Authenticate = (peer: TlsPeer) => void;

/** `clientCa` answers the PEM of the authorities of the moment. */
export function authenticator(clientCa: () => string, clock: Pick<Clock, "now">): Authenticate {
  let authorities = clientCa();
  let verify = createClientCertificateVerifier(authorities, clock);
  return (peer) => {
    if (clientCa() !== authorities) verify = createClientCertificateVerifier(authorities = clientCa(), clock);
    const raw = peer.getPeerCertificate(false)?.raw;
    if (!raw) throw new HttpError(401, "Unauthorized: show a client certificate");
    const verdict = verify(new Uint8Array(raw));
    if (!verdict.ok) throw new HttpError(401, `Unauthorized: client certificate refused (${verdict.reason})`);
    if (verdict.commonName !== API_SERVER && !verdict.organizations.includes(MASTERS)) {
      throw new HttpError(403, `Forbidden: user ${JSON.stringify(verdict.commonName)} may not use this node's API`);
    }
  };
}
