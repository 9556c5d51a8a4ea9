const CHUNK = 512;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/** The first index of `keys` that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A map sorted by its string keys' native order: a list of sorted chunks, so that an insertion moves at most {@linkcode CHUNK}
 * entries and a hundred thousand keys stay cheap. Invariant: no chunk is empty, save the only one.
 */
export class OrderedMap<V> {
  #chunks: Chunk<V>[] = [{ keys: [], values: [] }];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The chunk that holds `key`, or would. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#chunks[middle]!.keys[0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)]!;
    const at = lowerBound(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  set(key: string, value: V): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index]!;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] === key) {
      chunk.values[at] = value;
      return;
    }
    this.#size++;
    if (at === chunk.keys.length) {
      chunk.keys.push(key);
      chunk.values.push(value);
    } else {
      chunk.keys.splice(at, 0, key);
      chunk.values.splice(at, 0, value);
    }
    if (chunk.keys.length > CHUNK) {
      // Keys often arrive in ascending order: an append splits off only its end, and full chunks stay full.
      const cut = at === chunk.keys.length - 1 ? at : CHUNK >>> 1;
      this.#chunks.splice(index + 1, 0, { keys: chunk.keys.splice(cut), values: chunk.values.splice(cut) });
    }
  }

  delete(key: string): boolean {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index]!;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] !== key) return false;
    this.#size--;
    chunk.keys.splice(at, 1);
    chunk.values.splice(at, 1);
    if (chunk.keys.length === 0 && this.#chunks.length > 1) this.#chunks.splice(index, 1);
    return true;
  }

  /** The values with `start` ≤ key < `end`, in order. The map must not change while this is iterated. */
  *range(start: string, end: string): Generator<V> {
    for (let index = this.#chunkOf(start); index < this.#chunks.length; index++) {
      const { keys, values } = this.#chunks[index]!;
      for (let at = lowerBound(keys, start); at < keys.length; at++) {
        if (keys[at]! >= end) return;
        yield values[at]!;
      }
    }
  }

  /** All keys with their values, in order. The map must not change while this is iterated. */
  *entries(): Generator<readonly [string, V]> {
    for (const { keys, values } of this.#chunks) {
      for (let at = 0; at < keys.length; at++) yield [keys[at]!, values[at]!];
    }
  }

  clear(): void {
    this.#chunks = [{ keys: [], values: [] }];
    this.#size = 0;
  }
}
