import { createHttpsClient, type HttpsClient } from "../client/https.ts";
import { readKubeconfig } from "../client/kubeconfig.ts";
import { resolve } from "node:path";
import { Option } from "commander";
import { adminKubeconfig } from "../server/pki/kubeconfig.ts";
import { UserError } from "./error.ts";

/** Flags of commands that speak to a running server as its administrator. */
export interface AdministratorFlags {
  readonly dataDir: string;
  readonly kubeconfig?: string;
}

export function kubeconfigOption(): Option {
  return new Option("--kubeconfig <file>", "an administrator's kubeconfig instead of the data directory's");
}

/** The kubeconfig that is named, else the data directory's own, else that of KUBECONFIG. */
export async function kubeconfigOf({ dataDir, kubeconfig }: AdministratorFlags): Promise<string> {
  if (kubeconfig !== undefined) return resolve(kubeconfig);
  const own = adminKubeconfig(resolve(dataDir));
  try {
    await Deno.stat(own);
    return own;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new UserError(`${own} is for root alone: run this with sudo, or give --kubeconfig`, { cause: error });
    }
  }
  const named = Deno.env.get("KUBECONFIG")?.split(":")[0];
  if (named) return resolve(named);
  throw new UserError(
    `there is no ${own}: is ${dataDir} the data directory of a running server? Give it with --data-dir, or a --kubeconfig`,
  );
}

export async function withAdministrator<T>(
  flags: AdministratorFlags,
  use: (client: HttpsClient) => Promise<T>,
): Promise<T> {
  using client = createHttpsClient({ ...await readKubeconfig(await kubeconfigOf(flags)), userAgent: "cli" });
  return await use(client);
}
