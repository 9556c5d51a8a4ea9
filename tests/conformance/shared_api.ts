import { afterAll, beforeAll } from "vitest";
import type { ClusterOptions } from "../../mod.ts";
import { TestApi } from "./api.ts";

/** One cluster for the tests of the `describe` around; call the answer inside of them. */
export function sharedApi(options: ClusterOptions = {}): () => TestApi {
  let api: TestApi | undefined;
  beforeAll(async () => {
    api = await TestApi.start(options);
  });
  afterAll(() => api![Symbol.asyncDispose]());
  return () => api!;
}
