import type { Volumes } from "../volumes/contract.ts";

/** Volumes that are there as soon as they are asked for, and hold nothing: no container will look into them. */
export function hollowVolumes(directory: string): Volumes {
  return {
    setUp: async () => undefined,
    path: ({ metadata }, volume) => ({ path: `${directory}/${metadata.uid}/${volume}` }),
    subPath: async ({ metadata }, volume, container, index) =>
      `${directory}/${metadata.uid}/${volume}/${container}/${index}`,
    tearDown: async () => {},
  };
}
