import { describe, expect, it } from "vitest";
import { requireAgentHost } from "./host_tools.ts";

describe("requireAgentHost", () => {
  it("asks for root", async () => {
    await expect(requireAgentHost("/usr/bin", 1000)).rejects.toThrow("running containers needs root");
  });

  it("names what is missing and the packages that have it", async () => {
    const directory = await Deno.makeTempDir();
    try {
      for (const tool of ["containerd", "ctr", "runc"]) await Deno.writeTextFile(`${directory}/${tool}`, "");
      const error = await requireAgentHost(directory, 0).then(() => undefined, (e: Error) => e);
      // nft, ip and conntrack may lie in sbin, where it looks as well.
      if (error) {
        expect(error.message).toMatch(
          /^missing on this host: .*\. On Debian: apt-get install .*; or use --disable-agent/,
        );
      }
      expect(error?.message ?? "").not.toContain("runc");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
});
