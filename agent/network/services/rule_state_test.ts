import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import { NftModel } from "./_nft_model.ts";
import { baseTable, type TableFacts } from "./base_table.ts";
import type { Backend, Frontend, Protocol } from "./frontend.ts";
import { RuleState } from "./rule_state.ts";

const facts: TableFacts = {
  table: "t",
  bridge: "t0",
  podCidr: "10.42.0.0/24",
  clusterCidr: "10.42.0.0/16",
  serviceCidr: "10.43.0.0/16",
  bridgeFiltersIp: true,
};

function vip(address: string, backends: readonly string[], more: Partial<Frontend> = {}): Frontend {
  return {
    at: { kind: "address", address },
    protocol: "tcp",
    port: 80,
    backends: backends.map((b): Backend => ({ address: b, port: 8080 })),
    masquerade: false,
    refusal: "reject",
    ...more,
  };
}

/** Without what every table begins with. */
function whole(state: RuleState): string {
  const { script } = state.takeAll();
  const head = `table ip t {\n}\ndelete table ip t\n${baseTable(facts)}`;
  expect(script.startsWith(head)).toBe(true);
  return script.slice(head.length);
}

describe("RuleState", () => {
  it("changes only the elements that a new endpoint touches", () => {
    const state = new RuleState(facts);
    state.claim("s", [vip("10.43.0.1", ["10.42.0.5", "10.42.1.5"])]);
    state.takeAll();
    state.claim("s", [vip("10.43.0.1", ["10.42.0.5", "10.42.1.6"])]);
    expect(state.takeChange()).toEqual({
      script: "delete element ip t vip_backends_tcp { 10.43.0.1 . 80 . 1 : 10.42.1.5 . 8080 }\n" +
        "add element ip t vip_backends_tcp { 10.43.0.1 . 80 . 1 : 10.42.1.6 . 8080 }\n",
      stale: [],
    });
    state.claim("s", [vip("10.43.0.1", ["10.42.0.5", "10.42.1.6"])]);
    expect(state.takeChange()).toBeUndefined();
  });

  it("gives a frontend to the lowest rank, then to the first, and to the next when that goes", () => {
    const state = new RuleState(facts);
    const model = new NftModel();
    state.claim("a", [vip("10.43.0.10", ["10.42.0.1"])]);
    state.claim("b", [vip("10.43.0.10", ["10.42.0.2"])]);
    state.claim("own", [vip("10.43.0.10", ["10.42.0.3"])], 0);
    model.run(state.takeChange()!.script);
    const backend = () => model.maps.get("vip_backends_tcp")!.get("10.43.0.10 . 80 . 0");
    expect(backend()).toBe("10.42.0.3 . 8080");
    state.claim("own", []);
    model.run(state.takeChange()!.script);
    expect(backend()).toBe("10.42.0.1 . 8080");
    state.claim("a", [vip("10.43.0.10", ["10.42.0.4"])]);
    model.run(state.takeChange()!.script);
    expect(backend()).toBe("10.42.0.4 . 8080");
    state.claim("a", []);
    model.run(state.takeChange()!.script);
    expect(backend()).toBe("10.42.0.2 . 8080");
  });

  it("tells which UDP flows are stale", () => {
    const state = new RuleState(facts);
    const udp = { protocol: "udp" as Protocol };
    state.claim("s", [vip("10.43.0.1", [], udp)]);
    expect(state.takeAll().stale).toEqual([]);
    state.claim("s", [vip("10.43.0.1", ["10.42.0.1", "10.42.0.2"], udp)]);
    expect(state.takeChange()!.stale).toEqual([{ address: "10.43.0.1", port: 80 }]);
    state.claim("s", [vip("10.43.0.1", ["10.42.0.2", "10.42.0.3"], udp)]);
    expect(state.takeChange()!.stale).toEqual([{ address: "10.43.0.1", port: 80, backend: "10.42.0.1" }]);
    state.claim("s", [{ ...vip("", [], udp), at: { kind: "node" } }]);
    expect(state.takeChange()!.stale).toEqual([{ address: "10.43.0.1", port: 80 }]);
  });

  it("does not remember sources of ranges within ranges twice", () => {
    const state = new RuleState(facts);
    state.claim("s", [
      vip("10.43.0.1", ["10.42.0.1"], { sources: ["10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16", "192.0.2.1/32"] }),
    ]);
    expect(whole(state)).toContain("{ 10.43.0.1 . tcp . 80 . 10.0.0.0/8, 10.43.0.1 . tcp . 80 . 192.0.2.1/32 }");
    state.claim("s", [vip("10.43.0.1", ["10.42.0.1"], { sources: ["10.0.0.0/8", "0.0.0.0/0"] })]);
    expect(whole(state)).toContain("{ 10.43.0.1 . tcp . 80 . 0.0.0.0-255.255.255.255 }");
  });

  it("leads by any random steps to the table that is made anew", () => {
    const { seed, below: random } = seededRandom();
    console.log(`seed ${seed}`);
    const state = new RuleState(facts);
    const model = new NftModel();
    model.run(whole(state) || "add set ip t x\ndelete set ip t x");
    const wanted = new Map<string, readonly Frontend[]>();
    for (let step = 0; step < 400; step++) {
      for (let n = random(4); n >= 0; n--) {
        const owner = `o${random(12)}`;
        const frontends = Array.from({ length: random(4) }, () => randomFrontend(random));
        state.claim(owner, frontends);
        wanted.set(owner, frontends);
      }
      const change = state.takeChange();
      if (change) model.run(change.script);
      if (step % 40 === 39) {
        const fresh = new NftModel();
        const again = whole(state);
        if (again) fresh.run(again);
        expect(model.dump()).toBe(fresh.dump());
      }
    }
    for (const owner of wanted.keys()) state.claim(owner, []);
    model.run(state.takeChange()!.script);
    expect(model.dump()).toBe(new NftModel().dump());
  });
});

function randomFrontend(random: (below: number) => number): Frontend {
  const addresses = new Set(Array.from({ length: random(4) }, () => `10.42.${random(2)}.${random(5) + 2}`));
  return {
    at: random(2) ? { kind: "node" } : { kind: "address", address: `10.43.0.${random(4)}` },
    protocol: (["tcp", "udp", "sctp"] as const)[random(3)]!,
    port: 80 + random(2),
    backends: [...addresses].sort().map((address) => ({ address, port: 8080 })),
    masquerade: random(2) === 1,
    refusal: random(2) ? "reject" : "drop",
    ...(random(3) === 0 ? { affinity: { name: "web", id: `default/web/${random(2)}`, seconds: 10 + random(2) } } : {}),
    ...(random(3) === 0 ? { sources: ["10.0.0.0/8", "192.0.2.0/24"].slice(random(2)) } : {}),
  };
}
