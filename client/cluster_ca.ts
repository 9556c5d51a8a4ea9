import { request } from "node:https";
import { caHashOf, certificatesIn } from "./cluster_token.ts";

const LIMIT = 64 * 1024;

/** The cluster is not the one that the token names, or tells no authority; made for the user. */
export class ClusterCaError extends Error {
  override readonly name = "ClusterCaError";
}

/**
 * Asks a server (`https://HOST:6443`) that nobody vouches for yet for its cluster's authority, PEM. With `caHash` that one alone is answered, be it the present one or one
 * before it: nothing secret may be sent before, and nothing that came along with it is believed: the bundle was anybody's until a server has shown what that authority vouches for. Rejects with a {@linkcode ClusterCaError}, or with the connection's own error.
 */
export async function fetchClusterCa(
  server: string,
  { caHash, signal, timeout = 10_000 }: {
    readonly caHash?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly timeout?: number;
  },
): Promise<string> {
  const pem = await getUnverified(
    new URL("/cacerts", server),
    AbortSignal.any([
      AbortSignal.timeout(timeout),
      ...signal ? [signal] : [],
    ]),
  );
  const certificates = certificatesIn(pem);
  let hashes: readonly string[];
  try {
    hashes = (certificates.length > 0 ? certificates : [pem]).map(caHashOf);
  } catch (cause) {
    throw new ClusterCaError(`${server}/cacerts answers no certificate: is it a Skiff server?`, { cause });
  }
  if (caHash === undefined) return pem;
  const pinned = certificates[hashes.indexOf(caHash)];
  if (pinned !== undefined) return pinned;
  throw new ClusterCaError(
    `the server at ${server} belongs to another cluster than the token: its authority's hash is ${
      hashes[0]
    }, the token's ${caHash}; copy the token anew from the server's file server/node-token, and check the address`,
  );
}

function getUnverified(url: URL, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request(url, { rejectUnauthorized: false, agent: false, signal }, (answer) => {
    if (answer.statusCode !== 200) {
      answer.resume();
      return reject(new ClusterCaError(`${url} answers ${answer.statusCode}: is it a Skiff server?`));
    }
    let text = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      text += chunk;
      if (text.length <= LIMIT) return;
      reject(new ClusterCaError(`${url} answers more than ${LIMIT} bytes`));
      call.destroy();
    });
    answer.on("end", () => resolve(text));
    answer.on("error", reject);
  });
  call.on("error", reject);
  call.end();
  return promise;
}
