import { describe, expect, it } from "vitest";
import { problemWithDeviceExpression } from "./device_expressions.ts";

/** Asked of all three of a device's domains, 32,768 times. */
function nested(test: string): string {
  return `device.attributes.all(d, device.attributes.all(e, device.attributes.all(f, ${test})))`;
}

const accepted = [
  "true",
  'device.driver == "d" && device.attributes["d"].model == "m"',
  'device.attributes["d"].isFast',
  'device.attributes["d"].?isFast.orValue(false)',
  'device.attributes["d"].version.isGreaterThan(semver("1.0.0"))',
  'device.capacity["d"].memory.compareTo(quantity("1Gi")) >= 0',
  'cel.bind(own, device.attributes["d"], own.a && own.b)',
  '"d" in device.attributes && !device.allowMultipleAllocations',
  'has(device.attributes["d"].model) && has(device.attributes["d"].part.name)',
  ...["d == e", "d in ['a', 'b', 'c']", "d.size() > 3", "quantity('1').isGreaterThan(quantity('2'))"].map(nested),
  "lists.range(10).all(x, x > 1)",
];

const costly = [
  ...["(d + e + f).size() > 3", "d.matches(e)", "[d, e].isSorted()", "[d, e].join(',') == 'a'"].map(nested),
  "device.attributes.all(d, device.attributes.all(e, device.attributes.all(f, device.attributes.all(g, true))))",
  // Of how much there is to compare nothing is known.
  "type(device.driver) == string",
];

const refused: readonly (readonly [string, string])[] = [
  ["device.driver", "must evaluate to bool or the unknown type, not string"],
  [
    'device.attributes["d"]',
    "must evaluate to bool or the unknown type, not map(string, google.protobuf.Any)",
  ],
  [
    "device.nothing",
    "compilation failed: ERROR: <input>:1:7: undefined field 'nothing'\n | device.nothing\n | ......^",
  ],
  ["a", "compilation failed: ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n | a\n | ^"],
  [
    'device["driver"] == "d"',
    "compilation failed: ERROR: <input>:1:7: found no matching overload for '_[_]' applied to '(kubernetes.DRADevice, string)'\n" +
    ' | device["driver"] == "d"\n | ......^',
  ],
  [
    "device.driver == 1",
    "compilation failed: ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(string, int)'\n" +
    " | device.driver == 1\n | ..............^",
  ],
];

describe("expressions that choose devices", () => {
  for (const text of accepted) it(text, () => expect(problemWithDeviceExpression(text)).toBe(undefined));
  for (const text of costly) {
    it(text, () => expect(problemWithDeviceExpression(text)).toEqual({ forbidden: "too complex, exceeds cost limit" }));
  }
  for (const [text, problem] of refused) {
    it(text, () => expect(problemWithDeviceExpression(text)).toEqual({ invalid: problem }));
  }
});
