import { describe, expect, it } from "vitest";
import { ClusterTokenError, formatClusterToken, parseClusterToken } from "./cluster_token.ts";

const hash = "0123456789abcdef".repeat(4);

describe("a cluster token", () => {
  it("is read in full and written back", () => {
    const text = `S10${hash}::server:s3:cr::et`;
    expect(parseClusterToken(`${text}\n`, "node")).toEqual({ caHash: hash, credential: "server:s3:cr::et" });
    expect(formatClusterToken(parseClusterToken(text, "node"))).toBe(text);
  });

  it("is completed with what its reader wants to be, when it is a secret alone", () => {
    expect(parseClusterToken("hunter2", "node")).toEqual({ credential: "node:hunter2" });
    expect(parseClusterToken("hunter2", "server")).toEqual({ credential: "server:hunter2" });
    expect(parseClusterToken(`S10${hash}::hunter2`, "node")).toEqual({ caHash: hash, credential: "node:hunter2" });
  });

  it("may be a bootstrap token", () => {
    expect(parseClusterToken("abcdef.0123456789abcdef", "server").credential).toBe("abcdef.0123456789abcdef");
    expect(parseClusterToken(`S10${hash}::abcdef.0123456789abcdef`, "node").credential).toBe("abcdef.0123456789abcdef");
  });

  it("is refused without a word of its secret", () => {
    for (
      const text of ["", " ", "two words", `S10${hash.slice(1)}::server:hidden`, "node:h\u00fcdden", "a".repeat(513)]
    ) {
      const refused = (() => {
        try {
          return parseClusterToken(text, "node");
        } catch (error) {
          return error;
        }
      })();
      expect(refused).toBeInstanceOf(ClusterTokenError);
      expect((refused as Error).message).not.toMatch(/hidden|h.dden|two|aaa/);
    }
  });
});
