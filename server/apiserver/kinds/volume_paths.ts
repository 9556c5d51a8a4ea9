import type { Volume, VolumeProjection } from "../../../api/types/core_v1.ts";

interface File {
  readonly path: string;
  /** What it comes from, where a volume has several sources. */
  readonly source?: string;
}

/** Warnings of files of one volume that lie in each other's place. */
export function overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const of = (what: string, files: readonly { readonly path: string }[] = []) =>
    overlaps(files).map((overlap) => `volume ${JSON.stringify(name)} (${what}): overlapping paths: ${overlap}`);
  const warnings: string[] = [];
  if (configMap) warnings.push(...of(`ConfigMap ${JSON.stringify(configMap.name ?? "")}`, configMap.items));
  if (secret) warnings.push(...of(`Secret ${JSON.stringify(secret.secretName ?? "")}`, secret.items));
  if (downwardAPI) warnings.push(...of("DownwardAPI", downwardAPI.items));
  const sources = projected?.sources ?? [];
  for (const source of sources) {
    if (Object.keys(source).length > 0) continue;
    warnings.push(`volume ${JSON.stringify(name)} (Projected) has no sources provided`);
  }
  return [...warnings, ...of("Projected", sources.flatMap(filesOf))];
}

/** The first of a source's kinds counts. */
function filesOf({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): File[] {
  if (configMap?.items) return named(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? "")}`);
  if (secret?.items) return named(secret.items, `Secret ${JSON.stringify(secret.name ?? "")}`);
  if (downwardAPI?.items) return named(downwardAPI.items, "DownwardAPI");
  return serviceAccountToken ? named([serviceAccountToken], "ServiceAccountToken") : [];
}

function named(files: readonly { readonly path: string }[], source: string): File[] {
  return files.map(({ path }) => ({ path, source }));
}

function overlaps(files: readonly File[]): string[] {
  const known: File[] = [];
  return files.flatMap(({ path = "", ...rest }) => {
    const file = { ...rest, path: path.replace(/\/+$/, "") };
    const place = `${file.path}/`;
    const found = file.path === "" ? [] : known.filter((other) => {
      const taken = `${other.path}/`;
      return other.path !== "" && (taken.startsWith(place) || place.startsWith(taken));
    });
    known.push(file);
    return found.map((other) => `${shown(file)} with ${shown(other)}`);
  });
}

function shown({ path, source }: File): string {
  return source ? `${JSON.stringify(path)} (${source})` : JSON.stringify(path);
}
