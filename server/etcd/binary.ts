import { join } from "node:path";
import { ClusterError } from "../cluster/error.ts";

/** Besides PATH: a release keeps its own beside the program. */
const BUNDLED = new URL("../../bin", import.meta.url).pathname;

/** Where etcd is. Rejects with a ClusterError that names the package. */
export async function findEtcdBinary(path = Deno.env.get("PATH") ?? ""): Promise<string> {
  const directories = [BUNDLED, ...path.split(":").filter(Boolean), "/usr/local/bin", "/usr/bin"];
  for (const directory of directories) {
    const file = join(directory, "etcd");
    const isThere = await Deno.stat(file).then((found) => found.isFile, () => false);
    if (isThere) return file;
  }
  throw new ClusterError(
    "etcd",
    "etcd is not installed on this machine: install it (Debian: apt-get install etcd-server), or leave out --cluster-init and --server",
  );
}
