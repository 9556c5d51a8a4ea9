import { join, resolve } from "node:path";
import { caHashOf, checkSecret, formatClusterToken } from "../../client/cluster_token.ts";
import { resealBootstrap } from "../../server/cluster/bootstrap_record.ts";
import { isShared } from "../../server/cluster/shared_endpoint.ts";
import { knownSecret, newSecret, openJoinTokens } from "../../server/join/join_tokens.ts";
import { readIfPresent } from "../../server/pki/files.ts";
import { UserError } from "../error.ts";
import { open } from "../store_access.ts";
import { type StoreFlags, storeOptions } from "../store_flags.ts";

export interface RotateFlags extends StoreFlags {
  readonly newToken?: string;
}

/** The secrets in the datastore are sealed with it, so that they come first: the token's file follows when they are. */
export async function rotate(flags: RotateFlags): Promise<void> {
  const serverDir = join(resolve(flags.dataDir), "server");
  const [old, ca] = await Promise.all([
    knownSecret(serverDir),
    readIfPresent(join(serverDir, "tls", "server-ca.crt")),
  ]);
  if (old === undefined || ca === undefined) {
    throw new UserError(`${serverDir} has no token: is ${flags.dataDir} the data directory of a server?`);
  }
  const secret = flags.newToken ?? newSecret();
  checkSecret(secret);
  const options = await storeOptions(flags);
  if (isShared(options.endpoint)) {
    const store = await open(options);
    try {
      await resealBootstrap(store, old, secret);
    } finally {
      await store.close();
    }
  }
  await openJoinTokens(serverDir, ca, { token: secret });
  console.log([
    `The token is now ${formatClusterToken({ caHash: caHashOf(ca), credential: `server:${secret}` })}`,
    "Restart this server. Start each other server once with this --token; until then it takes the old one, and is refused at its next start without it.",
  ].join("\n"));
}
