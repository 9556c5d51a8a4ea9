import { describe, expect, it } from "vitest";
import { defaultPodSecurity } from "./configuration.ts";
import { type Policy, policyOf, printLevelVersion } from "./policy.ts";

const prefix = "pod-security.kubernetes.io/";

function read(labels: Record<string, string>) {
  const prefixed = Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value]));
  const { policy, errors } = policyOf(prefixed, defaultPodSecurity.defaults);
  return { modes: print(policy), errors: errors.map(String) };
}

function print({ enforce, audit, warn }: Policy): string {
  return [enforce, audit, warn].map(printLevelVersion).join(" ");
}

describe("the policy of a namespace's labels", () => {
  const latest = "privileged:latest";
  const cases: readonly [Record<string, string>, string][] = [
    [{}, `${latest} ${latest} ${latest}`],
    [{ enforce: "baseline" }, `baseline:latest ${latest} baseline:latest`],
    [{ enforce: "baseline", "enforce-version": "v1.24" }, `baseline:v1.24 ${latest} baseline:v1.24`],
    [{ enforce: "baseline", warn: "privileged" }, `baseline:latest ${latest} ${latest}`],
    [
      { enforce: "baseline", "enforce-version": "v1.24", "warn-version": "v1.30" },
      `baseline:v1.24 ${latest} baseline:v1.30`,
    ],
    [{ enforce: "privileged", warn: "restricted", audit: "baseline" }, `${latest} baseline:latest restricted:latest`],
    [{ "enforce-version": "v1.0" }, `privileged:v1.0 ${latest} ${latest}`],
  ];
  for (const [labels, expected] of cases) {
    it(`${JSON.stringify(labels)}`, () => expect(read(labels)).toEqual({ modes: expected, errors: [] }));
  }

  it("enforces the strictest level where it cannot be read, and says why", () => {
    expect(read({ enforce: "tight", "enforce-version": "1.24", warn: "loud", "audit-version": "v1.01" })).toEqual({
      modes: "restricted:latest privileged:latest privileged:latest",
      errors: [
        'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "tight": must be one of privileged, baseline, restricted',
        'metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "1.24": must be "latest" or "v1.x"',
        'metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "v1.01": must be "latest" or "v1.x"',
        'metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "loud": must be one of privileged, baseline, restricted',
      ],
    });
  });
});
