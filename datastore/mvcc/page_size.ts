const FIRST = 250;
const LEAST = 20;
const MOST = 5000;
const BYTES = 1024 * 1024;

/** How many keys the next page of a list asks for, when the other end counts keys and not bytes: as many as make about a megabyte. */
export class PageSize {
  #keys = FIRST;

  /** Not more than `left`. */
  next(left: number): number {
    return Math.min(left, this.#keys);
  }

  /** What a page was. */
  saw(items: readonly { readonly key: string; readonly value: string }[]): void {
    const bytes = items.reduce((sum, { key, value }) => sum + key.length + value.length, 1);
    this.#keys = Math.min(Math.max(Math.round(items.length * BYTES / bytes), LEAST), MOST);
  }
}
