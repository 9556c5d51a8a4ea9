import { describe, expect, it } from "vitest";
import { wantedBy } from "./wanted.ts";

describe("wantedBy", () => {
  it("is a server with containers when nothing is said", () => {
    expect(wantedBy([], {}, false)).toEqual({
      role: "server",
      runsContainers: true,
      ownContainerd: true,
      dataDir: "/var/lib/skiff",
      apiPort: 6443,
      kubeletPort: 10250,
      installed: false,
    });
  });

  it("reads flags in both ways of writing them, and variables", () => {
    const words = ["server", "--https-listen-port=7443", "-d", "/srv/skiff", "--disable-agent"];
    expect(wantedBy(words, { SKIFF_KUBELET_PORT: "7250" }, true)).toMatchObject({
      runsContainers: false,
      dataDir: "/srv/skiff",
      apiPort: 7443,
      kubeletPort: 7250,
      installed: true,
    });
  });

  it("is an agent when a server is named", () => {
    expect(wantedBy([], { SKIFF_URL: "https://server:6443" }, false).role).toBe("agent");
    expect(wantedBy(["agent"], {}, false).role).toBe("agent");
    expect(wantedBy(["server"], { SKIFF_URL: "https://server:6443" }, false).role).toBe("server");
  });
});
