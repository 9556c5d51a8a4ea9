import { describe, expect, it } from "vitest";
import type { Pod } from "../../api/types/core_v1.ts";
import { childCgroups } from "./cgroup.ts";
import { detectHierarchy } from "./hierarchy.ts";
import { cleanUpCgroups, createPodCgroups, sweepCgroups } from "./pod_cgroups.ts";

describe("createPodCgroups", () => {
  it("makes a Pod's group with its limits, and removes it with what runs in it", async () => {
    const hierarchy = await detectHierarchy();
    const name = `skiff-test-${crypto.randomUUID().slice(0, 8)}`;
    const options = { hierarchy, name, podPidsLimit: 100 };
    const cgroups = createPodCgroups(options);
    const pod: Pod = {
      metadata: { uid: "u1" },
      spec: {
        containers: [{ name: "a", resources: { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "250m" } } }],
      },
    };
    const process = new Deno.Command("sleep", { args: ["1000"] }).spawn();
    try {
      await cgroups.ensure(pod);
      const path = cgroups.path(pod);
      expect(path).toBe(`/${name}/kubepods/burstable/podu1`);
      const base = hierarchy.version === 2 ? hierarchy.root : `${hierarchy.root}/memory`;
      const limit = hierarchy.version === 2 ? "memory.max" : "memory.limit_in_bytes";
      expect((await Deno.readTextFile(`${base}${path}/${limit}`)).trim()).toBe(String(64 * 2 ** 20));
      await Deno.mkdir(`${base}${path}/child`);
      await Deno.writeTextFile(`${base}${path}/child/cgroup.procs`, String(process.pid));
      await cgroups.ensure({ ...pod, metadata: { uid: "u2" } });
      await sweepCgroups(options, new Set(["u2"]));
      expect(await childCgroups(hierarchy, `/${name}/kubepods/burstable`)).toEqual(["podu2"]);
      expect((await process.status).signal).toBe("SIGKILL");
      await cgroups.remove("u2");
      expect(await childCgroups(hierarchy, `/${name}/kubepods/burstable`)).toEqual([]);
    } finally {
      await cleanUpCgroups(hierarchy, name);
    }
    expect(await childCgroups(hierarchy, `/${name}`)).toEqual([]);
  });
});
