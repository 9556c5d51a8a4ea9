import type { ConfigMap, DownwardAPIVolumeFile, Secret, VolumeProjection } from "../../api/types/core_v1.ts";
import { writeAtomically } from "./atomic_writer.ts";
import type { VolumeFile } from "./atomic_writer.ts";
import { type VolumeContext, VolumeError, type VolumePlugin, type VolumeReady } from "./contract.ts";
import { mountOf, mounts, mountTmpfs } from "./mount.ts";
import { configMapValues, filesOf, safe, secretValues, textFile } from "./payload.ts";

/** Volumes that are filled from the API and kept as the API has it: configMap, secret, downwardAPI and projected. */

interface Content {
  readonly files: Map<string, VolumeFile>;
  readonly refreshAt?: number;
}

const defaultMode = 0o644;
const defaultTokenSeconds = 3600;
/** A token file is for its user alone, or for the Pod's group. */
const tokenMode = 0o600;

export const configMap: VolumePlugin = {
  directory: "kubernetes.io~configmap",
  setUp(context) {
    const source = context.volume.configMap!;
    return show(context, "disk", async () => ({ files: await fromConfigMap(context, source, source.defaultMode) }));
  },
};

export const secret: VolumePlugin = {
  directory: "kubernetes.io~secret",
  setUp(context) {
    const { secretName, ...source } = context.volume.secret!;
    return show(
      context,
      "memory",
      async () => ({ files: await fromSecret(context, { ...source, name: secretName ?? "" }, source.defaultMode) }),
    );
  },
};

export const downwardAPI: VolumePlugin = {
  directory: "kubernetes.io~downward-api",
  setUp(context) {
    const { items, defaultMode: mode } = context.volume.downwardAPI!;
    return show(context, "memory", async () => ({ files: fromDownwardApi(context, items, mode) }));
  },
};

export const projected: VolumePlugin = {
  directory: "kubernetes.io~projected",
  setUp(context) {
    const { sources = [], defaultMode: mode } = context.volume.projected!;
    return show(context, "memory", async () => {
      const files = new Map<string, VolumeFile>();
      let refreshAt: number | undefined;
      for (const source of sources) {
        const part = await fromProjection(context, source, mode);
        for (const [path, file] of part.files) files.set(path, file);
        if (part.refreshAt !== undefined) refreshAt = Math.min(part.refreshAt, refreshAt ?? Infinity);
      }
      return { files, ...(refreshAt === undefined ? {} : { refreshAt }) };
    });
  },
};

/** Content is fetched before anything is made, so that a volume that cannot be filled leaves no empty one. */
async function show(
  context: VolumeContext,
  medium: "disk" | "memory",
  fetch: () => Promise<Content>,
): Promise<VolumeReady> {
  const { directory, pod } = context;
  const { files, refreshAt } = await fetch();
  await Deno.mkdir(directory, { recursive: true });
  if (medium === "memory" && mountOf(directory, await mounts())?.path !== directory) {
    await mountTmpfs(directory, ["mode=0755"]);
  }
  await Deno.chmod(directory, 0o755);
  const group = pod.spec.securityContext?.fsGroup;
  await writeAtomically(directory, withGroup(files, group), {
    group,
    stamp: `${new Date().toISOString().replace(/[-:T.Z]/g, "_")}${crypto.randomUUID().slice(0, 8)}`,
  });
  return { path: directory, readonly: true, ...(refreshAt === undefined ? {} : { refreshAt }) };
}

/** What the user may read the Pod's group may read too. */
function withGroup(files: Map<string, VolumeFile>, group: number | undefined): Map<string, VolumeFile> {
  if (group === undefined) return files;
  return new Map([...files].map(([path, { bytes, mode }]) => [path, { bytes, mode: mode | ((mode & 0o400) >> 3) }]));
}

interface NamedSource {
  readonly name?: string;
  readonly items?: { key: string; path: string; mode?: number }[];
  readonly optional?: boolean;
}

async function fromConfigMap(context: VolumeContext, source: NamedSource, mode = defaultMode) {
  const { name = "" } = source;
  const object = await context.sources.configMap(context.pod, name);
  return fromObject("ConfigMap", context, source, object, (found: ConfigMap) => configMapValues(found), mode);
}

async function fromSecret(context: VolumeContext, source: NamedSource, mode = defaultMode) {
  const { name = "" } = source;
  const object = await context.sources.secret(context.pod, name);
  return fromObject("Secret", context, source, object, (found: Secret) => secretValues(found), mode);
}

function fromObject<T>(
  kind: string,
  context: VolumeContext,
  { name = "", items, optional = false }: NamedSource,
  object: T | undefined,
  values: (object: T) => Map<string, Uint8Array>,
  mode: number,
): Map<string, VolumeFile> {
  const { namespace = "" } = context.pod.metadata;
  if (!object) {
    if (optional) return new Map();
    throw new VolumeError(
      "notFound",
      `MountVolume.SetUp failed for volume "${context.volume.name}" : ${kind.toLowerCase()} "${name}" not found in namespace "${namespace}"`,
    );
  }
  return filesOf(values(object), items, { mode, optional, what: `${kind} ${namespace}/${name}` });
}

function fromDownwardApi(
  context: VolumeContext,
  items: readonly DownwardAPIVolumeFile[] | undefined,
  mode = defaultMode,
): Map<string, VolumeFile> {
  const { pod, sources } = context;
  return new Map((items ?? []).map((item) => {
    const text = item.fieldRef
      ? sources.field(pod, item.fieldRef.fieldPath)
      : sources.resource(pod, item.resourceFieldRef ?? { resource: "" });
    return [safe(item.path), textFile(text, item.mode ?? mode)];
  }));
}

async function fromProjection(context: VolumeContext, source: VolumeProjection, mode?: number): Promise<Content> {
  if (source.configMap) return { files: await fromConfigMap(context, source.configMap, mode) };
  if (source.secret) return { files: await fromSecret(context, source.secret, mode) };
  if (source.downwardAPI) return { files: fromDownwardApi(context, source.downwardAPI.items, mode) };
  if (source.serviceAccountToken) {
    const { path, audience, expirationSeconds = defaultTokenSeconds } = source.serviceAccountToken;
    const need = { expirationSeconds, ...(audience ? { audience } : {}) };
    const { token, refreshAt } = await context.sources.token(context.pod, need);
    return { files: new Map([[safe(path), textFile(token, tokenFileMode(context, mode))]]), refreshAt };
  }
  const [unknown = "nothing"] = Object.keys(source);
  throw new VolumeError(
    "unsupported",
    `volume "${context.volume.name}" projects ${unknown}, which this node does not support`,
  );
}

/** Readable for all, as upstream has it, unless the Pod's users are known well enough to do with less. */
function tokenFileMode({ pod }: VolumeContext, mode = defaultMode): number {
  const { fsGroup, runAsUser } = pod.spec.securityContext ?? {};
  const users = pod.spec.containers.map((container) => container.securityContext?.runAsUser ?? runAsUser);
  if (fsGroup !== undefined) return tokenMode;
  return users.every((user) => user === 0) ? tokenMode : mode;
}
