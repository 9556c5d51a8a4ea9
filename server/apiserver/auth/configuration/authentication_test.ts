import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../../api/clock.ts";
import { issuerKey, TestIssuer } from "../oidc/testing/issuer.ts";
import { loadAuthenticationConfiguration } from "./load_authentication.ts";
import { readAuthenticationConfiguration } from "./read_authentication.ts";

const own = "https://kubernetes.default.svc.cluster.local";
const head = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration" };
const issuer = { url: "https://issuer.example.org", audiences: ["skiff"] };
const username = { claim: "sub", prefix: "" };

describe("readAuthenticationConfiguration", () => {
  const read = (more: Record<string, unknown>) => readAuthenticationConfiguration({ ...head, ...more }, [own]);
  const jwt = (more: Record<string, unknown>) => read({ jwt: [{ issuer, claimMappings: { username }, ...more }] });

  it("reads issuers, claims and expressions", () => {
    const extra = [{ key: "example.org/tier", valueExpression: "claims.tier" }];
    expect(jwt({
      claimValidationRules: [{ claim: "hd", requiredValue: "x" }, { expression: "claims.a == 1", message: "no" }],
      claimMappings: { username: { expression: "claims.sub" }, groups: { claim: "roles", prefix: "g:" }, extra },
      userValidationRules: [{ expression: "user.username != ''" }],
    })).toEqual({
      jwt: [{
        issuer,
        claimValidationRules: [
          { claim: "hd", requiredValue: "x" },
          { expression: "claims.a == 1", place: "jwt[0].claimValidationRules[1].expression", message: "no" },
        ],
        claimMappings: {
          username: { expression: "claims.sub", place: "jwt[0].claimMappings.username.expression" },
          groups: { claim: "roles", prefix: "g:" },
          extra: [{
            key: "example.org/tier",
            valueExpression: { expression: "claims.tier", place: "jwt[0].claimMappings.extra[0].valueExpression" },
          }],
        },
        userValidationRules: [{
          expression: "user.username != ''",
          place: "jwt[0].userValidationRules[0].expression",
          message: "",
        }],
      }],
    });
  });

  it("reads where strangers are let in", () => {
    const anonymous = (value: unknown) => read({ anonymous: value }).anonymous;
    expect(read({}).anonymous).toBe(undefined);
    expect(anonymous({ enabled: true })).toBe("all");
    expect(anonymous({ enabled: true, conditions: [{ path: "/livez" }] })).toEqual(new Set(["/livez"]));
    expect(anonymous({ enabled: false })).toEqual(new Set());
  });

  const inIssuer = (more: Record<string, unknown>) => jwt({ issuer: { ...issuer, ...more } });
  const mapped = (more: Record<string, unknown>) => jwt({ claimMappings: { username, ...more } });
  const extra = (key: string) => mapped({ extra: [{ key, valueExpression: "claims.x" }] });
  const rules = (...claimValidationRules: unknown[]) => jwt({ claimValidationRules });
  const wrong: [string, () => unknown, string][] = [
    ["another kind", () => read({ kind: "X" }), 'kind is "X", not AuthenticationConfiguration'],
    ["another version", () => read({ apiVersion: "apiserver.config.k8s.io/v2" }), "apiVersion is"],
    ["an unknown field", () => jwt({ audiences: [] }), "jwt[0].audiences is not known here"],
    [
      "our own issuer",
      () => inIssuer({ url: own }),
      `jwt[0].issuer.url is ${own}, the issuer of service-account tokens`,
    ],
    ["no https", () => inIssuer({ url: "http://x" }), "must be a URL that begins with https://"],
    ["a password", () => inIssuer({ url: "https://a:b@x" }), "must hold no user name or password"],
    ["a query", () => inIssuer({ url: "https://x?a" }), "must have neither a query nor a fragment"],
    ["the issuer's own URL", () => inIssuer({ discoveryURL: `${issuer.url}/` }), "must not be the issuer's own URL"],
    ["no audience", () => inIssuer({ audiences: [] }), "jwt[0].issuer.audiences needs at least one"],
    ["audiences without a policy", () => inIssuer({ audiences: ["a", "b"] }), "audienceMatchPolicy must be MatchAny"],
    ["an authority that is none", () => inIssuer({ certificateAuthority: "x" }), "holds no certificate in PEM"],
    [
      "an issuer twice",
      () => read({ jwt: [{ issuer, claimMappings: { username } }, { issuer, claimMappings: { username } }] }),
      "jwt[1].issuer.url is there twice",
    ],
    ["no user name", () => jwt({ claimMappings: {} }), "jwt[0].claimMappings.username needs a claim or an expression"],
    ["no prefix", () => jwt({ claimMappings: { username: { claim: "sub" } } }), "username.prefix is missing"],
    [
      "a claim and an expression",
      () => jwt({ claimMappings: { username: { claim: "sub", expression: "claims.sub" } } }),
      "username.expression does not go with claim",
    ],
    [
      "a prefix of an expression",
      () => mapped({ groups: { prefix: "", expression: "x" } }),
      "groups.prefix does not go",
    ],
    ["a key without a domain", () => extra("tier"), "not a path with a domain such as example.org/tier"],
    ["a key in capitals", () => extra("example.org/Tier"), "must be in lower case"],
    ["a key of Kubernetes", () => extra("a.k8s.io/tier"), "is in a.k8s.io, which is Kubernetes' own"],
    [
      "a rule about nothing",
      () => rules({ requiredValue: "x" }),
      "claimValidationRules[0].claim or expression is needed",
    ],
    [
      "a value of an expression",
      () => rules({ expression: "true", requiredValue: "x" }),
      "requiredValue does not go with",
    ],
    ["a rule twice", () => rules({ claim: "a" }, { claim: "a" }), 'jwt[0].claimValidationRules has "a" twice'],
    ["conditions of nothing", () => read({ anonymous: { conditions: [{ path: "/" }] } }), "only when enabled is true"],
    [
      "what is no map",
      () => readAuthenticationConfiguration([], []),
      "the authentication configuration is [], not a map",
    ],
  ];
  for (const [what, attempt, message] of wrong) it(`refuses ${what}`, () => expect(attempt).toThrow(message));
});

describe("an authentication configuration", () => {
  let server: TestIssuer;
  let directory: string;
  const clock = systemClock({ background: true });
  const stop = { current: new AbortController() };
  beforeEach(async () => {
    stop.current = new AbortController();
    directory = await Deno.makeTempDir();
    server = await TestIssuer.start();
  });
  afterEach(async () => {
    stop.current.abort();
    await server[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  });

  const text = (prefix: string, more: Record<string, unknown> = {}) =>
    JSON.stringify({
      ...head,
      jwt: [{
        issuer: { url: server.url, certificateAuthority: server.ca, audiences: ["skiff"] },
        claimMappings: { username: { claim: "sub", prefix } },
      }],
      ...more,
    });

  async function load(content: string) {
    const file = `${directory}/authentication.yaml`;
    await Deno.writeTextFile(file, content);
    const options = { file, ownIssuers: [own], clock, signal: stop.current.signal };
    return { file, ...await loadAuthenticationConfiguration(options) };
  }

  it("is followed as its file changes, but not into one that cannot be used", async () => {
    server.keys = [issuerKey("ES512")];
    const { file, issuers } = await load(text("a:"));
    const nameOf = async () => (await issuers.find(await server.token(Date.now())))?.name;
    expect(await nameOf()).toBe("a:jane");
    await Deno.writeTextFile(file, text("x:", { anonymous: { enabled: true } }));
    await Deno.writeTextFile(`${file}.new`, text("b:"));
    await Deno.rename(`${file}.new`, file);
    while (await nameOf() !== "b:jane") await new Promise((resolve) => setTimeout(resolve, 20));
    await Deno.writeTextFile(file, "jwt: no list");
    await Deno.writeTextFile(file, text("c:"));
    while (await nameOf() !== "c:jane") await new Promise((resolve) => setTimeout(resolve, 20));
    issuers.close();
  });

  it("that cannot be used is refused with its file's name", async () => {
    const cases: [string, string][] = [
      ["", "must hold one YAML document"],
      ["kind: X\nkind: Y", "kind"],
      [text("", { jwt: [{ issuer: {} }] }), "jwt[0]"],
      [
        text("", { jwt: [{ issuer, claimMappings: { username: { expression: "claims." } } }] }),
        "jwt[0].claimMappings.username.expression cannot be used: the expression",
      ],
    ];
    for (const [content, message] of cases) {
      const attempt = load(content);
      await expect(attempt).rejects.toThrow(message);
      await expect(attempt).rejects.toThrow(`the authentication configuration ${directory}/authentication.yaml`);
    }
  });
});
