import { describe, expect, it } from "vitest";
import { normalizeImageName } from "./names.ts";

describe("normalizeImageName", () => {
  it.each([
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["team/app", "docker.io/team/app:latest"],
    ["docker.io/app:1", "docker.io/library/app:1"],
    ["index.docker.io/team/app:1", "docker.io/team/app:1"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["ghcr.io/a/b/c:v1", "ghcr.io/a/b/c:v1"],
    ["skiff.local/pause:1", "skiff.local/pause:1"],
    ["app@sha256:0123", "docker.io/library/app@sha256:0123"],
  ])("%s", ([from, to]) => {
    expect(normalizeImageName(from!)).toBe(to);
  });
});
