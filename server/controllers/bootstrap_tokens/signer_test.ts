import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatTime } from "../../../api/meta/time.ts";
import { configmaps, secrets } from "../../../api/resources.ts";
import { World } from "../testing/world.ts";
import { bootstrapSigner } from "./signer.ts";
import { bootstrapTokenCleaner } from "./token_cleaner.ts";

const target = { namespace: "kube-public", name: "cluster-info" };

/** The JWS as RFC 7515 defines it, made without a library. */
function signature(content: string, id: string, secret: string): string {
  const encode = (text: string) => Buffer.from(text).toString("base64url");
  const header = encode(`{"alg":"HS256","kid":"${id}"}`);
  return `${header}..${createHmac("sha256", secret).update(`${header}.${encode(content)}`).digest("base64url")}`;
}

describe("bootstrapSigner", () => {
  let world: World;
  beforeEach(() => void (world = new World()));
  afterEach(() => world.stop());

  const token = (id: string, fields: Record<string, string> = {}, name = `bootstrap-token-${id}`) => {
    const all = { "token-id": id, "token-secret": "0123456789abcdef", "usage-bootstrap-signing": "true", ...fields };
    return world.client.create(secrets, {
      metadata: { name, namespace: "kube-system" },
      type: "bootstrap.kubernetes.io/token",
      data: Object.fromEntries(Object.entries(all).map(([field, value]) => [field, btoa(value)])),
    });
  };
  const data = async () => (await world.client.get(configmaps, target)).data;
  /** Signatures are made by the runtime's threads. */
  const become = async (wanted: Record<string, string>) => {
    while (JSON.stringify(await data()) !== JSON.stringify(wanted)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await world.settle();
    }
    expect(await data()).toEqual(wanted);
  };

  it("signs the cluster's kubeconfig with the tokens that are for it, as both change", async () => {
    await world.client.create(configmaps, {
      metadata: target,
      data: { kubeconfig: "one", note: "kept", "jws-kubeconfig-gonegg": "old" },
    });
    await token("abcdef", { expiration: formatTime(world.clock.now() + 60_000) });
    await token("notfor", { "usage-bootstrap-signing": "false" });
    await token("wrongn", {}, "bootstrap-token-others");
    await world.start(bootstrapSigner, bootstrapTokenCleaner);
    const signed = (content: string, ...ids: string[]) =>
      Object.fromEntries(ids.map((id) => [`jws-kubeconfig-${id}`, signature(content, id, "0123456789abcdef")]));
    await become({ kubeconfig: "one", note: "kept", ...signed("one", "abcdef") });
    await token("zzzzzz");
    await become({ kubeconfig: "one", note: "kept", ...signed("one", "abcdef", "zzzzzz") });
    await world.client.patch(configmaps, target, { type: "merge", patch: { data: { kubeconfig: "two" } } });
    await become({ kubeconfig: "two", note: "kept", ...signed("two", "abcdef", "zzzzzz") });
    await world.settle(60_000);
    await become({ kubeconfig: "two", note: "kept", ...signed("two", "zzzzzz") });
    await world.client.patch(configmaps, target, { type: "merge", patch: { data: { kubeconfig: null } } });
    await world.settle();
    expect(Object.keys((await data())!)).toEqual(["note", "jws-kubeconfig-zzzzzz"]);
  });
});
