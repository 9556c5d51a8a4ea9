import { describe, expect, it } from "vitest";
import { perCallLimit } from "./cost.ts";
import { celEnvironment } from "./environment.ts";
import { CelError } from "./error.ts";
import { type AccessQuestion, CelAuthorizer, registerAuthorizer } from "./libraries/authorizer.ts";
import { JsonPatchOperation, patchType, registerJsonPatch } from "./libraries/json_patch.ts";
import { policyExpressions } from "./policy_expressions.ts";
import { registerPolicyTypes } from "./policy_types.ts";

const environment = celEnvironment({
  object: "dyn",
  oldObject: "dyn",
  params: "dyn",
  namespaceObject: "kubernetes.Namespace",
  request: "kubernetes.AdmissionRequest",
  authorizer: "kubernetes.authorization.Authorizer",
}, { libraries: [registerPolicyTypes, registerAuthorizer, registerJsonPatch], messages: patchType });

const container = (name: string, image: string, ...ports: bigint[]) => ({
  name,
  image,
  ports: ports.map((containerPort) => ({ containerPort })),
});
const object = {
  metadata: {
    name: "web",
    labels: { app: "web", env: "prod" },
    annotations: { big: `${"a".repeat(2000)},b` },
  },
  spec: {
    replicas: 5n,
    containers: [
      { ...container("main", "registry.example.com/a", 80n), resources: { limits: { memory: "512Mi" } } },
      container("side", "docker.io/b", 8080n, 90n),
    ],
  },
};

async function linesOf(file: string): Promise<(readonly [text: string, outcome: string])[]> {
  const content = await Deno.readTextFile(new URL(`./testdata/${file}`, import.meta.url));
  return content.trimEnd().split("\n").map((line) => {
    const mark = line.lastIndexOf(" | ");
    return [line.slice(0, mark), line.slice(mark + 3)];
  });
}

function issueOf(text: string): string {
  try {
    return environment.compile(text).typeText;
  } catch (error) {
    return (error as CelError).issue;
  }
}

function evaluate(text: string, variables: Readonly<Record<string, unknown>> = { object }): unknown {
  return environment.compile(text).evaluate(variables);
}

describe("admission expressions", () => {
  it("are of the type, or have the fault, that Kubernetes 1.36 finds", async () => {
    const lines = await linesOf("compiled.txt");
    expect(lines.length).toBeGreaterThan(500);
    for (const [text, outcome] of lines) {
      const [found] = issueOf(text).replace("ERROR: <input>:", "").split("\n");
      expect(`${text} | ${found}`).toBe(`${text} | ${outcome}`);
    }
  });

  it("cost what they cost in Kubernetes 1.36", async () => {
    for (const [text, cost] of await linesOf("costs.txt")) {
      const expression = environment.compile(text);
      expression.evaluate({ object });
      expect(`${text} | ${expression.cost}`).toBe(`${text} | ${cost}`);
    }
  });

  it("show the place of a fault in its line", () => {
    expect(issueOf("true &&\n\tobject.e == 'é' && foo(1)")).toBe(
      "ERROR: <input>:2:24: undeclared reference to 'foo' (in container '')\n |  object.e == 'é' && foo(1)\n | ..............．........^",
    );
    expect(issueOf("object.e == é")).toBe(
      "ERROR: <input>:1:13: Syntax error: token recognition error at: 'é'\n | object.e == é\n | ............＾",
    );
  });

  it("end when they cost too much", () => {
    const nested = "lists.range(1000).map(a, lists.range(1000).map(b, a * b)).size() > 0";
    expect(() => evaluate(nested)).toThrow("operation cancelled: actual cost limit exceeded");
    // A fault that another operand makes up for is no way out of it.
    expect(() => evaluate(`${nested} || true`)).toThrow("actual cost limit exceeded");
    const checks = Array.from({ length: 3 }, () => "authorizer.path('/x').check('get').allowed()");
    const authorizer = new CelAuthorizer(() => ({ allowed: true }), { group: "", resource: "pods" });
    expect(evaluate(checks.slice(0, 2).join(" && "), { authorizer })).toBe(true);
    expect(() => evaluate(checks.join(" && "), { authorizer })).toThrow("actual cost limit exceeded");
    const twice = environment.compile("lists.range(400000).size()");
    for (let i = 0; i < 2; i++) expect(twice.evaluate({})).toBe(400000n);
    expect(twice.cost).toBeLessThan(perCallLimit);
  });

  it("are neither too long nor too deep", () => {
    const issue = (text: string) => issueOf(text).replace("ERROR: <input>:", "");
    expect(issue(`'${"é".repeat(100_000)}'`))
      .toBe("-1:0: expression code point size exceeds limit: size: 100002, limit 100000");
    expect(issue(`'${"x".repeat(99_998)}'`)).toBe("string");
    expect(issue("[".repeat(300) + "]".repeat(300))).toBe("-1:0: expression recursion limit exceeded: 250");
    expect(issue("[".repeat(200) + "]".repeat(200))).toContain("list(list(");
    expect(issue(`1${"+1".repeat(249)}`)).toBe("int");
    for (const count of [300, 40_000]) {
      expect(issue(`1${"+1".repeat(count)}`)).toBe("-1:0: max recursion depth exceeded");
    }
    expect(evaluate(`false${" || false".repeat(900)} || true`)).toBe(true);
    expect(issue(`true${"||true".repeat(15_000)}`)).toBe("-1:0: max recursion depth exceeded");
    expect(evaluate(`[${"1,".repeat(40_000)}].size()`)).toBe(40_000n);
    expect(issue(`${"!".repeat(40_000)}true`)).toBe("-1:0: max recursion depth exceeded");
    expect(issue(`${"(".repeat(40_000)}1`)).toBe("-1:0: expression recursion limit exceeded: 250");
  });

  it("search with RE2's expressions, which no text keeps busy", () => {
    const text = `${"a".repeat(5_000)}!`;
    expect(evaluate("params.text.matches('(a+)+$') || params.text.find('(a|aa)+$') != ''", { params: { text } })).toBe(
      false,
    );
    expect(evaluate("'aXbX'.findAll('(?i)[[:alpha:]]x') == ['aX', 'bX'] && 'aab'.findAll('a', 1) == ['a']")).toBe(true);
    expect(issueOf("'a'.matches('(?=a)')")).toContain("1:13: invalid matches argument");
    expect(() => evaluate("'a'.matches(params.p)", { params: { p: "(?=a)" } })).toThrow(
      "invalid or unsupported Perl syntax",
    );
  });

  it("make messages and leave out optional entries that have no value", () => {
    expect(evaluate("[?object.?none, ?object.metadata.?name, dyn('x')]")).toEqual(["web", "x"]);
    expect(evaluate("{'a': 1, ?'b': optional.of(2), ?'c': optional.none()}")).toEqual(new Map([["a", 1n], ["b", 2n]]));
    expect(evaluate("[?true ? optional.of(1) : optional.none()]")).toEqual([1n]);
    const [operation] = evaluate(
      "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b~c'), value: {'k': [1]}}]",
    ) as [JsonPatchOperation];
    expect(operation).toBeInstanceOf(JsonPatchOperation);
    expect(operation.path).toBe("/metadata/labels/a~1b~0c");
    expect(operation.value).toEqual({ k: [1n] });
    const part = evaluate(
      "Object{spec: Object.spec{replicas: object.spec.replicas + 1, ?paused: object.spec.?paused}}",
    );
    expect([...(part as Map<string, Map<string, unknown>>).get("spec")!]).toEqual([["replicas", 6n]]);
    expect(evaluate("'{?' + \"[?\" + 'JSONPatch{' // [?")).toBe("{?[?JSONPatch{");
  });

  it("ask what is allowed", () => {
    const asked: AccessQuestion[] = [];
    const ask = (question: AccessQuestion) => {
      asked.push(question);
      return { allowed: question.verb === "get", reason: "because", ...question.path && { error: "down" } };
    };
    const authorizer = new CelAuthorizer(ask, { group: "apps", resource: "deployments", namespace: "n", name: "web" });
    const outcome = (text: string) => evaluate(text, { authorizer });
    expect(outcome("authorizer.requestResource.check('get').allowed()")).toBe(true);
    expect(outcome("authorizer.requestResource.subresource('scale').check('update').reason()")).toBe("because");
    expect(outcome("authorizer.path('/metrics').check('get').errored()")).toBe(true);
    expect(outcome("authorizer.path('/metrics').check('get').error()")).toBe("down");
    expect(outcome(
      "authorizer.serviceAccount('a', 'b').group('').resource('pods').namespace('c').fieldSelector('x=y').check('list').allowed()",
    )).toBe(false);
    const unset = { subresource: "", namespace: "n", name: "web", fieldSelector: "", labelSelector: "" };
    const web = { group: "apps", resource: "deployments", ...unset };
    expect(asked).toEqual([
      { verb: "get", resource: web },
      { verb: "update", resource: { ...web, subresource: "scale" } },
      { verb: "get", path: "/metrics" },
      { verb: "get", path: "/metrics" },
      {
        verb: "list",
        serviceAccount: { namespace: "a", name: "b" },
        resource: { ...unset, group: "", resource: "pods", namespace: "c", name: "", fieldSelector: "x=y" },
      },
    ]);
    for (
      const wrong of ["path(' ')", "group('a').resource('')", "serviceAccount('a.b', 'c')", "serviceAccount('a', 'B')"]
    ) {
      expect(() => outcome(`authorizer.${wrong} == authorizer`)).toThrow();
    }
    // Nothing but its functions can be had of it.
    for (const hidden of ["question", "constructor"]) expect(() => outcome(`authorizer.${hidden}`)).toThrow();
  });

  it("read the variables before them", () => {
    const expressions = policyExpressions({ params: false, composed: true });
    expect(expressions.addVariable("replicas", "object.spec.replicas")).toBe(undefined);
    expect(expressions.addVariable("names", "['a', 'b']")).toBe(undefined);
    expect(expressions.addVariable("many", "variables.names.size() + 1")).toBe(undefined);
    expect(expressions.addVariable("who", "request.userInfo")).toBe(undefined);
    expect(expressions.addVariable("empty", "[]")).toBe(undefined);
    expect(expressions.problemWith("variables.many > variables.replicas && variables.empty == []", "validation"))
      .toBe(undefined);
    expect(expressions.problemWith("variables.who.username + variables.names[0]", "message")).toBe(undefined);
    expect(expressions.problemWith("variables.many + 'a' == ''", "validation"))
      .toContain("found no matching overload for '_+_' applied to '(int, string)'");
    expect(expressions.problemWith("variables.later", "validation")).toContain("undefined field 'later'");
    expect(expressions.problemWith("variables", "message")).toBe(
      "must evaluate to string but got kubernetes.variables",
    );
    expect(expressions.addVariable("wrong", "nothing")).toContain("undeclared reference to 'nothing'");
    expect(expressions.problemWith("variables.wrong == 1", "validation")).toBe(undefined);
  });

  it("read what their place gives them, and are what it wants", () => {
    const expressions = policyExpressions({ params: true, composed: false });
    expect(expressions.problemWith("params.x && authorizer.requestResource.check('get').allowed()", "condition"))
      .toBe(undefined);
    expect(expressions.problemWith("object.x", "validation")).toBe("must evaluate to bool but got dyn");
    expect(expressions.problemWith("1", "message")).toBe("must evaluate to string but got int");
    expect(expressions.problemWith("1", "annotation")).toBe("must evaluate to one of [string null_type] but got int");
    expect(expressions.problemWith("null", "annotation")).toBe(undefined);
    expect(expressions.problemWith("[]", "jsonPatch")).toBe("must evaluate to list(JSONPatch) but got list(dyn)");
    expect(expressions.problemWith("Object.spec{}", "applyConfiguration"))
      .toBe("must evaluate to Object but got Object.spec");
    expect(expressions.problemWith("authorizer == authorizer ? 'a' : 'b'", "message"))
      .toContain("undeclared reference to 'authorizer'");
    expect(expressions.problemWith("Object{} == Object{}", "validation")).toContain("undeclared reference to 'Object'");
    const without = policyExpressions({ params: false, composed: false });
    for (const name of ["params", "variables"]) {
      expect(without.problemWith(`${name}.x == 1`, "validation")).toContain(`undeclared reference to '${name}'`);
    }
  });
});
