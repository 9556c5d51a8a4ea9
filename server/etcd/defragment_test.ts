import { describe, expect, it } from "vitest";
import type { MemberReport } from "./care.ts";
import { isWorthIt, planDefragmentation } from "./defragment.ts";

const MB = 1024 * 1024;

function member(name: string, megabytes: number, inUse: number, isLeader = false): MemberReport {
  return {
    id: name,
    name,
    peerUrls: [],
    clientUrls: [],
    isLearner: false,
    isLeader,
    version: "3.4.23",
    bytes: megabytes * MB,
    bytesInUse: inUse * MB,
    errors: [],
  };
}

describe("defragmentation", () => {
  it("is worth it for much free space that is more than half of the file", () => {
    expect(isWorthIt({ bytes: 200 * MB, bytesInUse: 90 * MB })).toBe(true);
    expect(isWorthIt({ bytes: 200 * MB, bytesInUse: 110 * MB })).toBe(false);
    expect(isWorthIt({ bytes: 70 * MB, bytesInUse: 10 * MB })).toBe(false);
  });

  it("comes to the leader last, and to nobody while a member is away or learns", () => {
    const [leader, other, full] = [member("a", 200, 10, true), member("b", 200, 10), member("c", 200, 190)];
    expect(planDefragmentation([leader, full, other])).toEqual([other, leader]);
    const away: MemberReport = {
      id: "d",
      name: "d",
      peerUrls: [],
      clientUrls: [],
      isLearner: false,
      isLeader: false,
      problem: "no answer",
    };
    expect(planDefragmentation([leader, other, away])).toEqual([]);
    expect(planDefragmentation([leader, { ...other, isLearner: true }])).toEqual([]);
  });
});
