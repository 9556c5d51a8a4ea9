import { describe, expect, it } from "vitest";
import type { StatusError } from "../../../api/status.ts";
import { deleteOptions } from "../delete_options.ts";
import { givenDeleteOptions, patchOptions, Query, watchRequest, writeOptions } from "./query.ts";

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as StatusError).message;
  }
  return "accepted";
}

describe("options of a write", () => {
  const write = (query: string) => messageOf(() => writeOptions(new Query(query), "CreateOptions", undefined));
  const subject = 'CreateOptions.meta.k8s.io "" is invalid: ';
  const cases: readonly [string, string][] = [
    ["dryRun=All&dryRun=All", "accepted"],
    ["fieldValidation=", "accepted"],
    ["dryRun=None", `${subject}dryRun: Unsupported value: ["None"]: supported values: "All"`],
    ["dryRun=All&dryRun=", `${subject}dryRun: Unsupported value: ["All",""]: supported values: "All"`],
    [
      "fieldValidation=strict",
      `${subject}fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"`,
    ],
  ];
  for (const [query, message] of cases) it(query, () => expect(write(query)).toBe(message));

  it("tells of all that is wrong with a patch at once", () => {
    const query = new Query("force=true&dryRun=None");
    expect(messageOf(() => patchOptions(query, "merge", undefined))).toMatch(/force: Forbidden.*dryRun: Unsupported/);
  });
});

describe("options of a watch", () => {
  const watch = (query: string) => messageOf(() => watchRequest(new Query(query), { namespace: "", name: "" }));
  const forbidden = 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is ' +
    "forbidden when continue is provided";
  const cases: readonly [string, string][] = [
    ["continue=", "accepted"],
    ["continue=x", forbidden],
    ["continue=x&resourceVersion=0", forbidden],
    ["continue=x&resourceVersion=7", "accepted"],
  ];
  for (const [query, message] of cases) it(query, () => expect(watch(query)).toBe(message));
});

describe("options of a deletion", () => {
  const remove = (query: string) => messageOf(() => deleteOptions(givenDeleteOptions(new Query(query))));
  const subject = 'DeleteOptions.meta.k8s.io "" is invalid: ';
  const policies = 'supported values: "Foreground", "Background", "Orphan", "nil"';
  const cases: readonly [string, string][] = [
    ["propagationPolicy=Orphan", "accepted"],
    ["orphanDependents=true", "accepted"],
    ["propagationPolicy=", `${subject}propagationPolicy: Unsupported value: "": ${policies}`],
    ["propagationPolicy=orphan", `${subject}propagationPolicy: Unsupported value: "orphan": ${policies}`],
    [
      "propagationPolicy=Orphan&orphanDependents=false",
      `${subject}propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set`,
    ],
  ];
  for (const [query, message] of cases) it(query, () => expect(remove(query)).toBe(message));

  const seconds: readonly [string, string][] = [
    ["5", "accepted"],
    ["", 'strconv.ParseInt: parsing "": invalid syntax'],
    ["x", 'strconv.ParseInt: parsing "x": invalid syntax'],
    ["99999999999999999999", 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ];
  for (const [text, message] of seconds) {
    it(`gracePeriodSeconds=${text}`, () => expect(remove(`gracePeriodSeconds=${text}`)).toBe(message));
  }

  it("takes an empty wish to orphan for one", () => {
    expect(deleteOptions(givenDeleteOptions(new Query("orphanDependents="))).propagationPolicy).toBe("Orphan");
  });
});
