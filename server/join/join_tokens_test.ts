import { describe, expect, it } from "vitest";
import { parseClusterToken } from "../../client/cluster_token.ts";
import { issueAuthority } from "../pki/issue.ts";
import { JOINING_NODES, JOINING_SERVERS, openJoinTokens } from "./join_tokens.ts";

const ca = (await issueAuthority("test", Date.now())).certificate;

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-tokens-" });
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const credential = (token: string) => parseClusterToken(token, "node").credential;

describe("join tokens", () => {
  it("are made once and kept, for the owner's eyes", () =>
    inDirectory(async (directory) => {
      const first = await openJoinTokens(directory, ca);
      const second = await openJoinTokens(directory, ca);
      expect(second.server).toBe(first.server);
      expect(first.secret).toMatch(/^[0-9a-f]{64}$/);
      for (const name of ["token", "node-token"]) {
        expect((await Deno.stat(`${directory}/${name}`)).mode! & 0o777).toBe(0o600);
      }
      expect(await Deno.readTextFile(`${directory}/node-token`)).toBe(`${first.node}\n`);
    }));

  it("let servers in with the server's secret, nodes with either", () =>
    inDirectory(async (directory) => {
      const { server, node, userOf } = await openJoinTokens(directory, ca, {
        token: "ours",
        agentToken: "theirs",
      });
      const groups = async (token: string) => (await userOf(token))?.groups ?? [];
      expect(await groups(credential(server))).toEqual([JOINING_SERVERS]);
      expect(await groups(credential(node))).toContain(JOINING_NODES);
      expect(await groups("node:ours")).toContain(JOINING_NODES);
      expect(await groups("server:theirs")).toEqual([]);
      expect(await groups("ours")).toEqual([]);
    }));

  it("follow a secret that is chosen later", () =>
    inDirectory(async (directory) => {
      await openJoinTokens(directory, ca);
      const { secret } = await openJoinTokens(directory, ca, { token: "chosen" });
      expect(secret).toBe("chosen");
      expect((await openJoinTokens(directory, ca)).secret).toBe("chosen");
    }));
});
