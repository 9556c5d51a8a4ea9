import { describe, expect, it } from "vitest";
import type { Secret } from "../../api/types/core_v1.ts";
import { type BootstrapToken, generateToken, secretOf, TOKEN, tokenOf } from "./bootstrap_token.ts";

const token: BootstrapToken = {
  id: "abcdef",
  secret: "0123456789abcdef",
  description: "for the harbour",
  expires: Date.UTC(2026, 0, 2, 3, 4, 5),
  usages: ["authentication"],
  groups: ["system:bootstrappers:a", "system:bootstrappers:b"],
};

/** As the API gives it back. */
function stored({ stringData = {}, ...secret }: Secret): Secret {
  return { ...secret, data: Object.fromEntries(Object.entries(stringData).map(([key, text]) => [key, btoa(text)])) };
}

describe("bootstrap tokens", () => {
  it("are random, of the form that the API takes", () => {
    const made = Array.from({ length: 100 }, generateToken);
    for (const one of made) expect(one).toMatch(TOKEN);
    expect(new Set(made).size).toBe(100);
  });

  it("become Secrets and come back", () => {
    const secret = secretOf(token);
    expect(secret.metadata).toEqual({ namespace: "kube-system", name: "bootstrap-token-abcdef" });
    expect(secret.stringData).toEqual({
      "token-id": "abcdef",
      "token-secret": "0123456789abcdef",
      "usage-bootstrap-authentication": "true",
      "description": "for the harbour",
      "expiration": "2026-01-02T03:04:05Z",
      "auth-extra-groups": "system:bootstrappers:a,system:bootstrappers:b",
    });
    expect(tokenOf(stored(secret))).toEqual(token);
    const { expires: _, ...forever } = token;
    expect(tokenOf(stored(secretOf(forever)))).toEqual(forever);
  });

  it("are not what lacks a part or has another name", () => {
    const secret = stored(secretOf(token));
    expect(tokenOf({ ...secret, metadata: { ...secret.metadata, name: "bootstrap-token-other1" } })).toBeUndefined();
    expect(tokenOf({ ...secret, data: { ...secret.data, "token-secret": btoa("short") } })).toBeUndefined();
  });

  it("are over when their time cannot be read", () => {
    const secret = stored(secretOf(token));
    expect(tokenOf({ ...secret, data: { ...secret.data, expiration: btoa("soon") } })?.expires).toBe(0);
  });
});
