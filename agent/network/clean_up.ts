import { removeBridge } from "./bridge.ts";
import { addressDirectory, cniDirectory } from "./cni.ts";
import { removeHostGateways } from "./host_gateway.ts";
import { networkNames } from "./names.ts";
import { deleteTable } from "./services/nft.ts";

/**
 * Takes an instance's nft table, bridge and routes off the machine, and with `dataDir` the Pods' addresses that are noted there. Works whatever
 * state things are in, and does nothing the second time. Kernel settings stay as they are: others may rely on them by now.
 */
export async function cleanUpNetwork(options: { readonly instance: string; readonly dataDir?: string }): Promise<void> {
  const { table, bridge } = networkNames(options.instance);
  await deleteTable(table);
  await removeHostGateways(options.instance);
  await removeBridge(bridge);
  if (options.dataDir === undefined) return;
  for (const directory of [addressDirectory(options.dataDir), cniDirectory(options.dataDir)]) {
    await Deno.remove(directory, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
