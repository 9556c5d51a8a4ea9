import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import { bootstrapTokens } from "./bootstrap_tokens.ts";

const clock = new ManualClock();

function tokenSecret(fields: Record<string, string> = {}, more: Partial<Secret> = {}): Secret {
  const all = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    ...fields,
  };
  return {
    metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    data: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, btoa(value)])),
    ...more,
  };
}

async function outcome(secret: Secret | undefined, token = "abcdef.0123456789abcdef"): Promise<string> {
  const userOf = bootstrapTokens({
    secret: (name) => Promise.resolve(name === "bootstrap-token-abcdef" ? secret : undefined),
    clock,
  });
  try {
    const user = await userOf(token);
    return user === undefined ? "not mine" : `${user.name} ${user.groups.join(",")}`;
  } catch (error) {
    return (error as Error).message.replace(/.*refused: /, "");
  }
}

describe("bootstrapTokens", () => {
  const later = formatTime(clock.now() + 1000);
  const cases: [string, Secret | undefined, string][] = [
    ["takes a token as its Secret says", tokenSecret(), "system:bootstrap:abcdef system:bootstrappers"],
    ["that has not expired", tokenSecret({ expiration: later }), "system:bootstrap:abcdef system:bootstrappers"],
    [
      "with more groups",
      tokenSecret({ "auth-extra-groups": "system:bootstrappers:b,system:bootstrappers:a" }),
      "system:bootstrap:abcdef system:bootstrappers,system:bootstrappers:a,system:bootstrappers:b",
    ],
    [
      "but no other groups",
      tokenSecret({ "auth-extra-groups": "system:masters" }),
      '"system:masters" is no group for bootstrap tokens',
    ],
    ["not without a Secret", undefined, "it is unknown"],
    ["not with another secret part", tokenSecret({ "token-secret": "0123456789abcdee" }), "its secret part is wrong"],
    ["not with another id", tokenSecret({ "token-id": "abcdee" }), "its secret part is wrong"],
    ["not for other uses", tokenSecret({ "usage-bootstrap-authentication": "false" }), "it is not for authentication"],
    ["not after its time", tokenSecret({ expiration: formatTime(clock.now()) }), "it has expired"],
    ["not with a time that says nothing", tokenSecret({ expiration: "soon" }), "it has expired"],
    [
      "not from any other Secret",
      tokenSecret({}, { type: "Opaque" }),
      "its Secret is not of the type bootstrap.kubernetes.io/token",
    ],
  ];
  for (const [what, secret, expected] of cases) it(what, async () => expect(await outcome(secret)).toBe(expected));

  it("leaves other tokens to others", async () => {
    for (const token of ["", "abcdef", "ABCDEF.0123456789abcdef", "abcdef.0123456789abcdef0", "a.b.c"]) {
      expect(await outcome(tokenSecret(), token)).toBe("not mine");
    }
  });
});
