/** As `api/clock.ts` states it. */
export interface Clock {
  now(): number;
  after(milliseconds: number, fire: () => void): () => void;
}
