/** Numbers in [0, 1) for tests, the same for the same seed (mulberry32). */
export function randomFrom(text: string | undefined): { readonly seed: number; readonly random: () => number } {
  const seed = Number(text ?? Date.now() % 2 ** 31) >>> 0;
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, random };
}
