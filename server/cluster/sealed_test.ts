import { describe, expect, it } from "vitest";
import { seal, unseal } from "./sealed.ts";

/** Far fewer than in earnest: the test is not about time. */
const ITERATIONS = 1_000;

describe("sealed text", () => {
  it("opens with the secret alone, and looks different each time", async () => {
    const [first, second] = await Promise.all([seal("ours", "keys", ITERATIONS), seal("ours", "keys", ITERATIONS)]);
    expect(await unseal("ours", first)).toBe("keys");
    expect(first).not.toBe(second);
    expect(first).not.toContain("keys");
    await expect(unseal("theirs", first)).rejects.toMatchObject({ name: "ClusterError", reason: "wrongToken" });
  });

  it("takes six hundred thousand rounds by itself", async () => {
    expect(JSON.parse(await seal("s", "t"))).toMatchObject({
      version: 1,
      kdf: "PBKDF2-SHA256",
      iterations: 600_000,
      cipher: "AES-256-GCM",
    });
  });

  it("is refused when anything of it was changed, is missing or new", async () => {
    const sealed = JSON.parse(await seal("s", "keys", ITERATIONS)) as Record<string, unknown>;
    const changed = (part: Record<string, unknown>) => unseal("s", JSON.stringify({ ...sealed, ...part }));
    for (const part of ["salt", "iv", "data"]) {
      const bytes = Uint8Array.fromBase64(sealed[part] as string);
      bytes[0]! ^= 1;
      await expect(changed({ [part]: bytes.toBase64() })).rejects.toMatchObject({ reason: "wrongToken" });
      await expect(changed({ [part]: undefined })).rejects.toMatchObject({ reason: "unreadable" });
    }
    await expect(changed({ version: 2 })).rejects.toThrow("upgrade this server");
    await expect(changed({ iterations: 1e12 })).rejects.toMatchObject({ reason: "unreadable" });
    await expect(unseal("s", "no JSON")).rejects.toMatchObject({ reason: "unreadable" });
  });
});
