import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import type { Container, Pod } from "../../api/types/core_v1.ts";
import { type RegistryAuth, RuntimeError } from "../runtime/contract.ts";
import { ImagePuller } from "./image_puller.ts";
import { PodError } from "./pod_error.ts";
import { FakeRuntime } from "./testing/fake_runtime.ts";

const pod: Pod = {
  metadata: { name: "a", namespace: "default" },
  spec: { containers: [], imagePullSecrets: [{ name: "s" }] },
};
const { signal } = new AbortController();

function setUp(concurrency = 2) {
  const runtime = new FakeRuntime(() => 0);
  const events: string[] = [];
  const secret = {
    metadata: {},
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": btoa(JSON.stringify({ auths: { "r.io": { username: "me", password: "p" } } })) },
  };
  const puller = new ImagePuller({
    runtime,
    clock: new ManualClock(),
    concurrency,
    secrets: () => Promise.resolve([secret]),
    event: (_, __, ___, reason) => void events.push(reason),
  });
  const ensure = (image: string, imagePullPolicy?: string, abort = signal) => {
    const container: Container = { name: "web", image, ...(imagePullPolicy ? { imagePullPolicy } : {}) };
    return puller.ensure(pod, container, abort);
  };
  return { runtime, events, ensure };
}

async function reasonOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(() => undefined, (error) => error);
  expect(error).toBeInstanceOf(PodError);
  return error.reason;
}

describe("ImagePuller", () => {
  it("pulls what is not there, and uses what is", async () => {
    const { runtime, events, ensure } = setUp();
    expect(await ensure("r.io/x:1")).toBe("sha256:r.io/x:1");
    expect(await ensure("r.io/x:1")).toBe("sha256:r.io/x:1");
    expect(runtime.calls).toEqual(["pull r.io/x:1"]);
    expect(events).toEqual(["Pulling", "Pulled", "Pulled"]);
    await ensure("r.io/x:1", "Always");
    expect(runtime.calls.length).toBe(2);
  });

  it("says what cannot be", async () => {
    const { runtime, ensure } = setUp();
    expect(await reasonOf(ensure("r.io/x:1", "Never"))).toBe("ErrImageNeverPull");
    expect(await reasonOf(ensure("No Image"))).toBe("InvalidImageName");
    runtime.failures.set("pull r.io/x:1", new RuntimeError("pullFailed", "no such image"));
    expect(await reasonOf(ensure("r.io/x:1"))).toBe("ErrImagePull");
  });

  it("tries the credentials that fit, then none", async () => {
    const { runtime, ensure } = setUp();
    const tried: (string | undefined)[] = [];
    runtime.images.pull = (_: string, auth?: RegistryAuth) => {
      tried.push(auth?.username);
      return auth ? Promise.reject(new RuntimeError("pullUnauthorized", "no")) : Promise.resolve("id");
    };
    expect(await ensure("r.io/x:1")).toBe("id");
    expect(tried).toEqual(["me", undefined]);
  });

  it("lets so many pull at once, and lets go of those who give up waiting", async () => {
    const { runtime, ensure } = setUp(1);
    const first = Promise.withResolvers<string>();
    const begun: string[] = [];
    runtime.images.pull = (image: string) => {
      begun.push(image);
      return image === "r.io/a:1" ? first.promise : Promise.resolve(image);
    };
    const stop = new AbortController();
    const a = ensure("r.io/a:1");
    const b = ensure("r.io/b:1", undefined, stop.signal);
    const c = ensure("r.io/c:1");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(begun).toEqual(["r.io/a:1"]);
    stop.abort(new Error("gave up"));
    await expect(b).rejects.toThrow("gave up");
    first.resolve("a");
    expect(await Promise.all([a, c])).toEqual(["a", "r.io/c:1"]);
    expect(begun).toEqual(["r.io/a:1", "r.io/c:1"]);
  });
});
