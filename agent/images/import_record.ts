/** What was imported from a file, so that a restart does not do it again. */
export interface ImportedFile {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtime: number;
  /** Hexadecimal, of the file as it lies there. */
  readonly sha256: string;
  readonly images: readonly string[];
}

/** By file name. */
export type ImportRecord = Map<string, ImportedFile>;

/** Empty when there is none or it is damaged: importing again does no harm. */
export async function readImportRecord(path: string): Promise<ImportRecord> {
  try {
    const rows = JSON.parse(await Deno.readTextFile(path)) as Record<string, ImportedFile>;
    return new Map(Object.entries(rows).filter(([, row]) => Array.isArray(row.images)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

export async function writeImportRecord(path: string, record: ImportRecord): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, JSON.stringify(Object.fromEntries(record)));
  await Deno.rename(`${path}.new`, path);
}
