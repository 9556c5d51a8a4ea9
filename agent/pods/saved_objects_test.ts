import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { forbidden, serviceUnavailable } from "../../api/status.ts";
import { SavedObjects } from "./saved_objects.ts";

describe("SavedObjects", () => {
  let directory: string;
  const clock = new ManualClock();
  beforeEach(async () => void (directory = await Deno.makeTempDir({ prefix: "skiff-objects-" })));
  afterEach(async () => await Deno.remove(directory, { recursive: true }));

  const open = () => SavedObjects.open(`${directory}/objects.json`, clock);
  const is = <T>(value: T) => () => Promise.resolve(value);
  const fails = (error: Error) => () => Promise.reject(error);
  const away = fails(serviceUnavailable("nobody is there"));

  it("answers as the server does, and when none does as it did last, after a restart as well", async () => {
    const first = await open();
    expect(await first.through("pod", "secrets/a", is({ data: { k: "1" } }))).toEqual({ data: { k: "1" } });
    expect(await first.through("pod", "secrets/a", is({ data: { k: "2" } }))).toEqual({ data: { k: "2" } });
    await first.through("pod", "configmaps/none", is(undefined));
    await first.close();
    expect((await Deno.stat(`${directory}/objects.json`)).mode! & 0o777).toBe(0o600);
    const second = await open();
    expect([second.has("pod", "secrets/a"), second.has("pod", "configmaps/none")]).toEqual([true, false]);
    expect(await second.through("pod", "secrets/a", away)).toEqual({ data: { k: "2" } });
    const noAnswer = await second.through("pod", "configmaps/none", away).catch((error) => error.status.reason);
    expect(noAnswer).toBe("ServiceUnavailable");
    await second.close();
  });

  it("takes a refusal for what it is, and what is gone for gone", async () => {
    const objects = await open();
    await objects.through("pod", "secrets/a", is({}));
    const refused = fails(forbidden({ group: "", resource: "secrets" }, "a", "no"));
    expect(await objects.through("pod", "secrets/a", refused).catch((error) => error.status.reason)).toBe("Forbidden");
    await objects.through("pod", "secrets/a", is(undefined));
    expect(objects.has("pod", "secrets/a")).toBe(false);
    await objects.close();
  });

  it("keeps a first answer where that is enough, and nothing of Pods that are gone", async () => {
    const objects = await open();
    await objects.through("a", "token", is("first"), { once: true });
    await objects.through("a", "token", is("second"), { once: true });
    await objects.through("b", "token", is("other"));
    expect(await objects.through("a", "token", away)).toBe("first");
    objects.retain(new Set(["a"]));
    expect([objects.has("a", "token"), objects.has("b", "token")]).toEqual([true, false]);
    objects.release("a");
    await objects.close();
    expect(await Deno.readTextFile(`${directory}/objects.json`)).toBe("{}");
  });

  it("begins anew over a damaged file", async () => {
    await Deno.writeTextFile(`${directory}/objects.json`, "{");
    const objects = await open();
    expect(await objects.through("a", "k", is(1))).toBe(1);
    await objects.close();
    expect(await Deno.readTextFile(`${directory}/objects.json`)).toBe('{"a":{"k":1}}');
  });
});
