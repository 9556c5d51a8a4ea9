import { describe, expect, it } from "vitest";
import { FakeRuntime } from "../pods/testing/fake_runtime.ts";
import type { Image } from "../runtime/contract.ts";
import { bytesToFree, chooseImages, ImageCollector } from "./image_gc.ts";

function disk(usedPercent: number) {
  return { totalBytes: 1000, availableBytes: 1000 - usedPercent * 10, inodes: undefined, freeInodes: undefined };
}

function image(id: string, bytes = 50, pinned = false): Image {
  return { id, tags: [`${id}:1`], digests: [], bytes, pinned };
}

describe("bytesToFree", () => {
  it("is nothing below the high mark, and leads below the low one above it", () => {
    expect(bytesToFree(disk(84))).toBe(0);
    expect(bytesToFree(disk(85))).toBe(50);
    expect(bytesToFree(disk(100))).toBe(200);
  });
});

describe("chooseImages", () => {
  it("takes the longest unused, no more than needed, and no young ones", () => {
    const uses = [["a", 300_000], ["b", 100_000], ["c", 200_000], ["young", 0]] as const;
    const now = 500_000;
    const unused = uses.map(([id, usedAt]) => ({ image: image(id), usedAt, seenAt: id === "young" ? now - 1 : 0 }));
    expect(chooseImages(unused, 60, now).map(({ id }) => id)).toEqual(["b", "c"]);
    expect(chooseImages(unused, 1000, now).map(({ id }) => id)).toEqual(["b", "c", "a"]);
  });
});

describe("ImageCollector", () => {
  it("removes what is neither used nor pinned when the disk is full, and tells when that is not enough", async () => {
    const runtime = new FakeRuntime(() => 0);
    for (const one of [image("used"), image("imported"), image("kept", 50, true), image("old")]) {
      runtime.present.set(one.id, one);
    }
    const sandbox = { id: "s" };
    runtime.containers = () => Promise.resolve([{ ...sandbox, image: "used:1", imageId: "used" } as never]);
    const failures: string[] = [];
    const collector = new ImageCollector({
      runtime,
      pinned: () => new Set(["imported:1"]),
      failed: (message) => failures.push(message),
    });
    const { signal } = new AbortController();
    await collector.check(disk(50), 0, signal);
    expect(failures).toEqual([]);
    await collector.check(disk(90), 0, signal);
    expect([...runtime.present.keys()]).toContain("old");
    await collector.check(disk(90), 1_000, signal);
    expect(failures.length).toBe(1);
    await collector.check(disk(90), 300_000, signal);
    expect([...runtime.present.keys()]).toEqual(["used", "imported", "kept"]);
    expect(failures[1]).toContain("100 bytes of images should go");
  });
});
