import { createHash } from "node:crypto";
import { createClientCertificateVerifier } from "../../../client/verify_client_certificate.ts";
import type { Clock } from "../../../api/clock.ts";
import type { UserInfo } from "../contract.ts";
import { AuthenticationError, type Authenticator, withAuthenticatedGroup } from "./authenticator.ts";

interface Known {
  readonly user: UserInfo;
  readonly notAfter: number;
}

/**
 * The common name of a certificate that the authority signed for clients is the user, its organizations are the groups. `clientCa` answers the PEM of the authorities of the
 * moment; a connection that one of before has vouched for goes on.
 */
export function clientCertificateAuthenticator(clientCa: () => string, clock: Pick<Clock, "now">): Authenticator {
  let authorities = clientCa();
  let verify = createClientCertificateVerifier(authorities, clock);
  // By the bytes that a connection keeps: requests after its first cost a look-up.
  const known = new WeakMap<Uint8Array, Known>();
  return {
    authenticate({ certificate }) {
      if (certificate === undefined) return undefined;
      const before = known.get(certificate);
      if (before !== undefined && clock.now() <= before.notAfter) return before.user;
      if (clientCa() !== authorities) verify = createClientCertificateVerifier(authorities = clientCa(), clock);
      const verdict = verify(certificate);
      if (!verdict.ok) {
        throw new AuthenticationError("certificate", `the client certificate is refused: ${verdict.reason}`);
      }
      if (verdict.commonName === "") {
        throw new AuthenticationError("certificate", "the client certificate has no common name to be the user");
      }
      const credential = `X509SHA256=${createHash("sha256").update(certificate).digest("hex")}`;
      const user = withAuthenticatedGroup({
        name: verdict.commonName,
        groups: verdict.organizations,
        extra: { "authentication.kubernetes.io/credential-id": [credential] },
      });
      known.set(certificate, { user, notAfter: verdict.notAfter });
      return user;
    },
  };
}
