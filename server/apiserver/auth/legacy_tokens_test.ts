import { decodeJwt, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import { issueSigningKey } from "../../pki/issue.ts";
import { lastUsedLabel, legacyTokens } from "./legacy_tokens.ts";
import { readTokenKeys } from "./token_keys.ts";

async function setUp() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const keys = readTokenKeys({ text: issueSigningKey(), file: "key" });
  const account = { metadata: { name: "robot", namespace: "a", uid: "u1" } } as KubeObject;
  const secret: Secret = {
    metadata: { name: "token", namespace: "a", uid: "u2" },
    type: "kubernetes.io/service-account-token",
  };
  const world: { account: KubeObject | undefined; secret: Secret | undefined } = { account, secret };
  const noted: string[] = [];
  const tokens = legacyTokens({
    ...{ keys, clock, audiences: ["api"] },
    lookup: async (resource) => resource === "secrets" ? world.secret : world.account,
    noteUse: async (_, day) => void noted.push(day),
  });
  const token = await tokens.issueForSecret({
    namespace: "a",
    serviceAccount: { name: "robot", uid: "u1" },
    secret: "token",
  });
  world.secret = { ...secret, data: { token: btoa(token) } };
  const outcome = async (shown = token, audiences = ["api"]) =>
    await tokens.authenticateToken(shown, audiences).then(
      (known) => known?.user.name ?? "not mine",
      (error: Error) => error.message.replace("the service account token is refused: ", ""),
    );
  return { world, clock, keys, tokens, token, noted, outcome };
}

describe("legacy tokens", () => {
  it("have upstream's claims and no end", async () => {
    const { token, tokens, outcome, clock } = await setUp();
    expect(decodeJwt(token)).toEqual({
      iss: "kubernetes/serviceaccount",
      "kubernetes.io/serviceaccount/namespace": "a",
      "kubernetes.io/serviceaccount/secret.name": "token",
      "kubernetes.io/serviceaccount/service-account.name": "robot",
      "kubernetes.io/serviceaccount/service-account.uid": "u1",
      sub: "system:serviceaccount:a:robot",
    });
    expect(await tokens.authenticateToken(token, ["x", "api"])).toEqual({
      user: {
        name: "system:serviceaccount:a:robot",
        uid: "u1",
        groups: ["system:serviceaccounts", "system:serviceaccounts:a"],
      },
      audiences: ["api"],
    });
    expect(await outcome(token, ["vault"])).toContain("it is for the audiences");
    await clock.advance(10 * 365 * 86_400_000);
    expect(await outcome()).toBe("system:serviceaccount:a:robot");
  });

  it("go with their Secret and their account, and with what the Secret holds", async () => {
    const { world, outcome, clock } = await setUp();
    const { secret, account } = world;
    const cases: [Partial<typeof world>, string][] = [
      [{ secret: undefined }, "its Secret is gone"],
      [
        { secret: { ...secret!, metadata: { ...secret!.metadata, deletionTimestamp: formatTime(clock.now()) } } },
        "its Secret is gone",
      ],
      [{ secret: { ...secret!, data: { token: btoa("another") } } }, "its Secret holds another one now"],
      [{ secret: { ...secret!, data: {} } }, "its Secret holds another one now"],
      [{ account: undefined }, 'serviceaccounts "a/robot" is gone'],
      [
        { account: { metadata: { name: "robot", uid: "u9" } } as KubeObject },
        'serviceaccounts "a/robot" is another one now',
      ],
      [
        { account: { metadata: { ...account!.metadata, deletionTimestamp: formatTime(clock.now()) } } as KubeObject },
        "its service account is deleted",
      ],
    ];
    for (const [change, expected] of cases) {
      Object.assign(world, { secret, account, ...change });
      expect([expected, await outcome()]).toEqual([expected, expected]);
    }
    Object.assign(world, { secret, account });
    expect(await outcome()).toBe("system:serviceaccount:a:robot");
  });

  it("that are used leave the day on their Secret, once, and are refused when marked as invalid", async () => {
    const { world, outcome, noted } = await setUp();
    const labelled = (labels: Record<string, string>) => {
      world.secret = { ...world.secret!, metadata: { ...world.secret!.metadata, labels } };
    };
    await outcome();
    labelled({ [lastUsedLabel]: "2026-01-01" });
    await outcome();
    labelled({ [lastUsedLabel]: "2026-01-02" });
    await outcome();
    labelled({ [lastUsedLabel]: "2025-12-31", "kubernetes.io/legacy-token-invalid-since": "2025-12-30" });
    expect(await outcome()).toContain("is marked as invalid since 2025-12-30");
    expect(noted).toEqual(["2026-01-01", "2026-01-01"]);
  });

  it("are no others': not of another key, nor another kind of token of this one", async () => {
    const { token, keys, outcome } = await setUp();
    const claims = decodeJwt(token);
    const other = readTokenKeys({ text: issueSigningKey(), file: "other" }).signing;
    const sign = (more: Record<string, unknown>, { key, algorithm } = keys.signing) =>
      new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: algorithm }).sign(key);
    expect(await outcome(await sign({}, other))).toContain("signature verification failed");
    expect(await outcome(await sign({ sub: "system:serviceaccount:a:admin" }))).toBe(
      "its claims name no service account",
    );
    expect(await outcome(await sign({ "kubernetes.io/serviceaccount/secret.name": "" }))).toContain(
      "secret.name is missing",
    );
    expect(await outcome(await sign({ iss: "https://elsewhere" }))).toBe("not mine");
    // The same claims, another signature: ECDSA's are never the same twice.
    expect(await outcome(await sign({}))).toBe("its Secret holds another one now");
  });
});
