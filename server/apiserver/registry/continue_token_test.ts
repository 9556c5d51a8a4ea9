import { describe, expect, it } from "vitest";
import { continueExpired, decodeContinue, encodeContinue } from "./continue_token.ts";

describe("continue tokens", () => {
  it("come back as they were, and only those", () => {
    const token = { revision: 12, start: "default/a\0", since: 1_700_000_000_000 };
    expect(decodeContinue(encodeContinue(token))).toEqual(token);
    const forged = (value: unknown) =>
      new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url" });
    for (
      const bad of [
        "",
        "%%%",
        "bm9uc2Vuc2U",
        forged(null),
        forged({ v: "v9", rv: 1, start: "a" }),
        forged({ v: "meta.k8s.io/v1", rv: "1", start: "a" }),
        forged({ v: "meta.k8s.io/v1", rv: 0, start: "a" }),
        forged({ v: "meta.k8s.io/v1", rv: 5, start: "../secrets/" }),
      ]
    ) {
      expect(() => decodeContinue(bad)).toThrow("continue key is not valid");
    }
    expect(decodeContinue(forged({ v: "meta.k8s.io/v1", rv: 5, start: "a" })).since).toBe(0);
    expect(decodeContinue(continueExpired(token).status.metadata!.continue!)).toEqual({ ...token, revision: -1 });
  });
});
