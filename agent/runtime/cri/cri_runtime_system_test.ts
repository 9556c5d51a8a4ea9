import { BUSYBOX, testNode } from "../testing/test_node.ts";
import { runtimeSuite } from "../suite_test_cases.ts";

runtimeSuite("containerd", async () => {
  const node = await testNode();
  return {
    runtime: node.supervised.runtime,
    image: BUSYBOX,
    logDirectory: node.logDirectory,
    end: () => node.end(),
  };
});
