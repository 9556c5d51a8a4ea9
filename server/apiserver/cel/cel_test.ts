import { describe, expect, it } from "vitest";
import { celEnvironment } from "./environment.ts";

const environment = celEnvironment({
  claims: "map<string, dyn>",
  user: { username: "string", groups: "list<string>", extra: "map<string, list<string>>" },
});
const values = {
  claims: {
    sub: "jane",
    exp: 100,
    nbf: 50,
    groups: ["a", "b"],
    "kubernetes.io": { "a/b": { namespace: "x" }, list: [{ "c-d": true }] },
    nothing: null,
    verified: false,
  },
  user: { username: "system:jane", groups: ["g"], extra: { "example.org/x": ["1", "2"] } },
};

function evaluate(text: string): unknown {
  return environment.compile(text).evaluate(values);
}

describe("a CEL expression", () => {
  const cases: [string, unknown][] = [
    ["claims.sub", "jane"],
    ["claims.exp - claims.nbf <= 86400", true],
    ["claims.exp == 100", true],
    ["type(claims.exp) == double", true],
    ["claims.?verified.orValue(true) == true", false],
    ["claims.?other.orValue(true) == true", true],
    ["claims.?other.?deeper.orValue('none')", "none"],
    ["has(claims.sub) && !has(claims.other)", true],
    ["claims.other == 'x' || true", true],
    ["claims.groups.map(g, 'oidc:' + g)", ["oidc:a", "oidc:b"]],
    ["claims.groups.filter(g, g != 'a')", ["b"]],
    ["claims.groups.exists(g, g == 'b') && claims.groups.all(g, g.size() == 1)", true],
    ["claims.groups.exists_one(g, g == 'b')", true],
    ["'a' in claims.groups ? ['admins'] : []", ["admins"]],
    ["claims.nothing == null", true],
    ["claims.kubernetes__dot__io.a__slash__b.__namespace__", "x"],
    ["claims.kubernetes__dot__io.list[0].c__dash__d", true],
    ["claims['kubernetes.io']['a/b']['namespace']", "x"],
    ["!user.username.startsWith('system:')", false],
    ["user.extra['example.org/x'].join('-')", "1-2"],
    ["claims.sub.matches('^j.n')", true],
    ["claims.sub.lowerAscii().split('a')", ["j", "ne"]],
    ["claims.sub.replace('n', 'm').substring(1)", "ame"],
    ["'aaa'.replace('a', 'b', 2)", "bba"],
    ["'tacocat'.charAt(3)", "o"],
    ["'a1b22'.find('[0-9]+') + string('a1b22'.findAll('[0-9]+').size())", "12"],
    ["[1, 2, 3].isSorted() && [3, 1, 2].min() == 1 && [1, 2].max() == 2", true],
    ["[1, 2, 3].sum() == 6 && ['x', 'y'].indexOf('y') == 1", true],
    ["sets.contains(claims.groups, ['a']) && sets.equivalent(['a', 'b', 'a'], claims.groups)", true],
    ["sets.intersects(claims.groups, ['x', 'y'])", false],
  ];
  for (const [text, expected] of cases) it(text, () => expect(evaluate(text)).toEqual(expected));

  const wrong: [string, string][] = [
    ["claims.sub ==", "Unexpected token"],
    ["cel.bind(name, claims.sub, name)", "undeclared reference to 'cel'"],
    ["unknown", "Unknown variable: unknown"],
    ["user.name", "No such key: name"],
    ["user.username + 1", "no such overload"],
    ["'x'.shout()", "no matching overload"],
    ["[".repeat(300) + "]".repeat(300), "maxDepth"],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text.slice(0, 30)} before anybody shows a value`, () => {
      expect(() => environment.compile(text)).toThrow(message);
    });
  }

  it("must be of the type asked for", () => {
    expect(() => environment.compile("claims.sub", "bool")).toThrow("must evaluate to bool but got dyn");
    expect(environment.compile("claims.sub == 'jane'", "bool").evaluate(values)).toBe(true);
  });

  it("fails on values that it does not fit", () => {
    for (const text of ["claims.other", "claims.sub + 1", "claims.sub.nothing", "claims.groups[7]"]) {
      expect(() => evaluate(text)).toThrow(`the expression ${JSON.stringify(text)}: `);
    }
  });

  it("reads nothing of a value but its own fields", () => {
    for (const text of ["claims.constructor", "claims.__proto__", "claims.groups.length", "claims.sub.length"]) {
      expect(() => evaluate(text)).toThrow();
    }
  });

  it("tells which fields it reads", () => {
    const reads = (text: string) => environment.compile(text).selects("claims", "email");
    expect(["claims.email", "claims.?email.orValue('')", "has(claims.email)", "[claims.email][0]"].map(reads))
      .toEqual([true, true, true, true]);
    expect(["claims.sub", "claims.x.email", "'claims.email'"].map(reads)).toEqual([false, false, false]);
  });

  it("looks for fields in whatever there is", () => {
    const parts = 'claims["kubernetes.io"].list[0]';
    expect(evaluate(`has(${parts}.x)`)).toBe(false);
    expect(evaluate('has(claims["kubernetes.io"].list)')).toBe(true);
    expect(evaluate("has({'a': {'b': 1}}.a.b)")).toBe(true);
    expect(evaluate("has([claims][0].sub) && !has([claims][0].other)")).toBe(true);
    expect(() => evaluate(`has(${parts}.x.y)`)).toThrow("No such key: x");
    expect(() => environment.compile("has(claims)")).toThrow("has()");
  });
});
