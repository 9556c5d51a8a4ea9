import type { SeededRandom } from "../../meta/_seeded_random.ts";
import type { JsonObject } from "../_json.ts";

const allNames = ["a", "b", "c", "d"];

/**
 * A part of a Pod that has each way to own things: structs, a map, a set, lists with one and with two keys, atomic ones, nested. `value` gives
 * its values: managers with the same ones never conflict. Nothing in it is empty: an empty map that one manager applies and the server
 * drops is in the way of another one's keys, upstream as here.
 */
export function randomConfiguration(random: SeededRandom, value: () => string): JsonObject {
  const some = <T>(make: () => T): T | undefined => random.below(3) > 0 ? make() : undefined;
  const protocols = () => random.pick([["TCP"], ["UDP"], ["TCP", "UDP"]]);
  const portOf = (containerPort: number, protocol: string) =>
    // TCP is the default.
    defined({ containerPort, protocol: protocol === "TCP" && random.below(2) > 0 ? undefined : protocol });
  const container = (name: string) =>
    defined({
      name,
      image: some(value),
      command: some(() => [value()]),
      env: some(() => subset(random).map((name) => defined({ name, value: some(value) }))),
      ports: some(() => subset(random).flatMap((_name, i) => protocols().map((protocol) => portOf(i + 1, protocol)))),
      securityContext: some(() => defined({ runAsUser: 7, capabilities: some(() => ({ add: [value()] })) })),
    });
  return defined({
    metadata: defined({
      name: "x",
      labels: some(() => Object.fromEntries(subset(random).map((name) => [name, value()]))),
      finalizers: some(() => subset(random).map((name) => `x.io/${name}`)),
    }),
    spec: some(() =>
      defined({
        hostname: value(),
        nodeSelector: some(() => ({ disk: value() })),
        containers: some(() => subset(random).map(container)),
        imagePullSecrets: some(() => subset(random).map((name) => ({ name }))),
      })
    ),
  });
}

function subset(random: SeededRandom): string[] {
  const names = allNames.filter(() => random.below(2) > 0);
  return names.length > 0 ? names : [random.pick(allNames)];
}

function defined(object: Record<string, unknown>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
