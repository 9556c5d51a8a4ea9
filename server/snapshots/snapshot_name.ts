const PATTERN = /^(.+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.json\.gz$/;
export const DEFAULT_PREFIX = "skiff-snapshot";
/** Beside each snapshot: its checksum as `sha256sum` writes it. */
export const CHECKSUM_SUFFIX = ".sha256";

/** `skiff-snapshot-pi-20260102T030405Z.json.gz`: names of one node sort by time. */
export function snapshotName(prefix: string, node: string, time: number): string {
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${prefix}-${node}-${stamp}.json.gz`;
}

/** Whose snapshot it is and when it was taken; undefined for what is no snapshot's name. */
export function parseSnapshotName(name: string): { readonly series: string; readonly time: number } | undefined {
  const match = PATTERN.exec(name);
  if (!match) return undefined;
  const [, series, ...parts] = match;
  const [year, month, day, hour, minute, second] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { series: series!, time: Date.UTC(year, month - 1, day, hour, minute, second) };
}
