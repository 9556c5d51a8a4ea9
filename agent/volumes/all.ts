import type { Volume } from "../../api/types/core_v1.ts";
import { configMap, downwardAPI, projected, secret } from "./content_volume.ts";
import { VolumeError, type VolumePlugin } from "./contract.ts";
import { emptyDir } from "./empty_dir.ts";
import { hostPath } from "./host_path.ts";
import { persistentVolumeClaim } from "./persistent_volume_claim.ts";

/** By the field of `Volume` that chooses it. */
const plugins = { configMap, secret, downwardAPI, projected, emptyDir, hostPath, persistentVolumeClaim } satisfies {
  readonly [F in keyof Volume]?: VolumePlugin;
};

/** Throws a {@linkcode VolumeError} for a type that this node does not have. A volume without any source is an emptyDir. */
export function pluginFor(volume: Volume): { plugin: VolumePlugin; volume: Volume } {
  for (const [field, plugin] of Object.entries(plugins)) {
    if (volume[field as keyof Volume] !== undefined) return { plugin, volume };
  }
  const [type] = Object.keys(volume).filter((field) => field !== "name");
  if (type === undefined) return { plugin: emptyDir, volume: { ...volume, emptyDir: {} } };
  throw new VolumeError("unsupported", `volume "${volume.name}" is of type ${type}, which this node does not support`);
}
