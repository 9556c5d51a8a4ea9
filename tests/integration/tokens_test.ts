import { expect, it } from "vitest";
import { secrets, selfsubjectreviews, tokenreviews } from "../../api/resources.ts";
import type { SelfSubjectReview } from "../../api/types/authentication_v1.ts";
import { createHttpsClient } from "../../client/https.ts";
import { TestIssuer } from "../../server/apiserver/auth/oidc/testing/issuer.ts";
import { retry } from "../e2e/retry.ts";
import { AccessWorld } from "./access_world.ts";

it("tokens of all kinds are taken for who they are", async () => {
  await using issuer = await TestIssuer.start();
  const config = await Deno.makeTempFile();
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "AuthenticationConfiguration",
      jwt: [{
        issuer: { url: issuer.url, certificateAuthority: issuer.ca, audiences: ["skiff"] },
        claimMappings: {
          username: { expression: "'oidc:' + claims.sub" },
          groups: { claim: "roles", prefix: "oidc:" },
        },
        userValidationRules: [{ expression: "!user.username.endsWith('admin')" }],
      }],
    }),
  );
  await using world = await AccessWorld.start({ configFile: config });
  await Deno.remove(config);
  const who = async (token: string) => {
    using client = createHttpsClient({
      server: `https://127.0.0.1:${world.server.port}`,
      ca: world.pki.clusterCa,
      token,
    });
    const review = await client.create(selfsubjectreviews, { metadata: {} } as SelfSubjectReview);
    const { username, groups } = review.status!.userInfo!;
    return { username, groups };
  };
  const account = {
    username: "system:serviceaccount:team:x",
    groups: ["system:serviceaccounts", "system:serviceaccounts:team", "system:authenticated"],
  };
  expect(await who(await world.token("x"))).toEqual(account);
  const metadata = { name: "old", namespace: "team", annotations: { "kubernetes.io/service-account.name": "x" } };
  await world.admin.create(secrets, { metadata, type: "kubernetes.io/service-account-token" });
  const place = { name: "old", namespace: "team" };
  const legacy = await retry("the token in its Secret", async () => {
    const { data } = await world.admin.get(secrets, place);
    expect(data?.["token"]).toBeDefined();
    return atob(data!["token"]!);
  });
  expect(await who(legacy)).toEqual(account);
  const { metadata: { labels } } = await world.admin.get(secrets, place);
  expect(labels?.["kubernetes.io/legacy-token-last-used"]).toMatch(/^\d{4}-\d\d-\d\d$/);
  const external = await issuer.token(Date.now(), { roles: ["a"] });
  const jane = { username: "oidc:jane", groups: ["oidc:a", "system:authenticated"] };
  expect(await who(external)).toEqual(jane);
  await expect(who(await issuer.token(Date.now(), { sub: "admin" }))).rejects.toMatchObject({ code: 401 });
  const reviewed = async (token: string, audiences: string[] = []) =>
    (await world.admin.create(tokenreviews, { metadata: {}, spec: { token, audiences } })).status!;
  expect(await reviewed(external)).toMatchObject({ authenticated: true, user: jane });
  expect(await reviewed(external, ["vault"])).toEqual({ user: {}, error: "invalid bearer token" });
  const vault = await world.token("x", { audiences: ["vault"] });
  expect(await reviewed(vault, ["vault", "y"])).toMatchObject({ authenticated: true, audiences: ["vault"] });
  expect(await reviewed(vault)).toEqual({ user: {}, error: "invalid bearer token" });
});
