import type { Secret } from "../../api/types/core_v1.ts";
import type { RegistryAuth } from "../runtime/contract.ts";
import type { ImageReference } from "./image_reference.ts";

interface Entry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** The credentials in these Secrets that fit the image, the most exact match first. Secrets that cannot be read are passed over. */
export function registryAuths(secrets: readonly Secret[], image: ImageReference): RegistryAuth[] {
  const found: { auth: RegistryAuth; exactness: number }[] = [];
  for (const secret of secrets) {
    for (const [address, entry] of Object.entries(entriesOf(secret))) {
      const exactness = match(address, image);
      if (exactness !== undefined) found.push({ auth: authOf(address, entry), exactness });
    }
  }
  return found.sort((a, b) => b.exactness - a.exactness).map(({ auth }) => auth);
}

function entriesOf(secret: Secret): Record<string, Entry> {
  const [key, wrapped] = secret.type === "kubernetes.io/dockercfg"
    ? [".dockercfg", false]
    : [".dockerconfigjson", true];
  const data = secret.data?.[key];
  if (data === undefined) return {};
  try {
    const parsed = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(data)));
    return (wrapped ? parsed.auths : parsed) ?? {};
  } catch {
    // The API server refuses such a Secret of these types; one of another type is none of ours.
    return {};
  }
}

function authOf(address: string, entry: Entry): RegistryAuth {
  const { username, password, auth, identitytoken } = entry;
  return {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(auth && !username ? { auth } : {}),
    ...(identitytoken ? { identityToken: identitytoken } : {}),
    serverAddress: address,
  };
}

/** How much of the address fits: its length, or undefined when it is for another registry or path. `*` stands for one label of a host. */
function match(address: string, image: ImageReference): number | undefined {
  const bare = address.replace(/^https?:\/\//, "").replace(/\/v[12]\/?$/, "").replace(/\/$/, "");
  const slash = bare.indexOf("/");
  const host = slash < 0 ? bare : bare.slice(0, slash);
  const path = slash < 0 ? "" : bare.slice(slash + 1);
  const isHub = host === "index.docker.io" || host === "registry-1.docker.io" || host === "docker.io";
  if (!(isHub && image.registry === "docker.io") && !hostMatches(host, image.registry)) return undefined;
  if (path !== "" && image.repository !== path && !image.repository.startsWith(`${path}/`)) return undefined;
  return bare.length;
}

function hostMatches(pattern: string, host: string): boolean {
  const [wanted, given] = [pattern.split("."), host.split(".")];
  return wanted.length === given.length && wanted.every((label, i) => label === "*" || label === given[i]);
}
