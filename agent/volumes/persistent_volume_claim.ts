import { VolumeError, type VolumePlugin } from "./contract.ts";
import { hostPath } from "./host_path.ts";
import { giveToGroup } from "./ownership.ts";

/** A claim that is bound to a directory of this node: a PersistentVolume of type `hostPath` or `local`. */
export const persistentVolumeClaim: VolumePlugin = {
  directory: "kubernetes.io~local-volume",
  async setUp(context) {
    const { claimName, readOnly } = context.volume.persistentVolumeClaim!;
    const claim = await context.sources.claim(context.pod, claimName);
    if (!claim) throw new VolumeError("notFound", `persistentvolumeclaim "${claimName}" not found`);
    const name = claim.spec?.volumeName;
    if (claim.status?.phase !== "Bound" || !name) {
      throw new VolumeError("failed", `persistentvolumeclaim "${claimName}" is not bound to a volume yet`);
    }
    const volume = await context.sources.persistentVolume(name);
    const { hostPath: onHost, local, accessModes = [] } = volume?.spec ?? {};
    const source = onHost ?? (local && { path: local.path, type: "Directory" });
    if (!source) {
      throw new VolumeError(
        "unsupported",
        volume
          ? `persistentvolume "${name}" is neither hostPath nor local; this node mounts no other kind`
          : `persistentvolume "${name}" not found`,
      );
    }
    const ready = await hostPath.setUp({ ...context, volume: { name: context.volume.name, hostPath: source } });
    if (local) await giveToGroup(ready.path, context.pod);
    const readonly = readOnly === true ||
      (accessModes.length > 0 && accessModes.every((mode) => mode === "ReadOnlyMany"));
    return { ...ready, ...(readonly ? { readonly } : {}) };
  },
};
