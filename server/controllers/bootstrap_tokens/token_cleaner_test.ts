import { describe, expect, it } from "vitest";
import { formatTime } from "../../../api/meta/time.ts";
import { secrets } from "../../../api/resources.ts";
import { World } from "../testing/world.ts";
import { bootstrapTokenCleaner } from "./token_cleaner.ts";

describe("bootstrapTokenCleaner", () => {
  it("deletes a token when its time is over", async () => {
    const world = new World();
    const expiration = formatTime(world.clock.now() + 60_000);
    const token = (name: string, data: Record<string, string>) =>
      world.client.create(secrets, {
        metadata: { name, namespace: "kube-system" },
        type: "bootstrap.kubernetes.io/token",
        data,
      });
    await token("bootstrap-token-abcdef", { expiration: btoa(expiration) });
    await token("bootstrap-token-zzzzzz", {});
    await world.start(bootstrapTokenCleaner);
    await world.settle(50_000);
    expect(world.names(secrets)).toHaveLength(2);
    await world.settle(10_000);
    expect(world.names(secrets)).toEqual(["bootstrap-token-zzzzzz"]);
    await world.stop();
  });
});
