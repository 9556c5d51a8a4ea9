import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import { playScenario, Rollout } from "./_rollout_scenario.ts";

const folder = new URL("testdata/", import.meta.url);

describe("step, by scenario", () => {
  // SKIFF_UPDATE_GOLDEN=1 writes what came out into the files, to be read before it is committed.
  it.each(["rolling_update.txt", "stuck.txt", "scaling.txt", "recreate.txt"])("%s", async (file) => {
    const text = await Deno.readTextFile(new URL(file, folder));
    const played = playScenario(text);
    if (Deno.env.get("SKIFF_UPDATE_GOLDEN")) await Deno.writeTextFile(new URL(file, folder), played);
    else expect(played).toBe(text);
  });
});

describe("step", () => {
  it("keeps to its limits and comes to rest, whatever happens", () => {
    const random = seededRandom();
    for (let game = 0; game < 60; game++) {
      const rollout = new Rollout();
      rollout.create("v1", {
        replicas: random.below(12),
        surge: random.pick<string | number>([0, 1, 3, "25%", "100%"]),
        unavailable: random.pick<string | number>([0, 1, 2, "25%"]),
      });
      rollout.run(new Map());
      for (let round = 0; round < 6; round++) {
        random.pick([
          () => rollout.setTemplate(random.pick(["v1", "v2", "v3"])),
          () => rollout.scale(random.below(12)),
        ])();
        for (let i = random.below(5); i > 0; i--) {
          rollout.step(new Map([["v2", random.below(4)]]));
          rollout.checkSurge(`seed ${random.seed}, game ${game}`);
        }
      }
      rollout.run(new Map());
      expect({ seed: random.seed, game, complete: rollout.isComplete() }).toEqual({
        seed: random.seed,
        game,
        complete: true,
      });
    }
  });
});
