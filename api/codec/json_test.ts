import { describe, expect, it } from "vitest";
import { decodeJSON } from "./json.ts";
import { DecodeError } from "./problem.ts";

function refusal(
  text: string,
  ...rest: [Parameters<typeof decodeJSON>[1]?, Parameters<typeof decodeJSON>[2]?]
): DecodeError {
  try {
    decodeJSON(text, ...rest);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error(`not refused: ${text}`);
}

const deployment = JSON.stringify({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "nginx", ports: [{ containerPort: 80 }] }] },
    },
  },
});

describe("decodeJSON", () => {
  it("decodes a Deployment", () => {
    const { object, message, problems } = decodeJSON(deployment, { apiVersion: "apps/v1", kind: "Deployment" });
    expect(JSON.stringify(object)).toBe(deployment);
    expect(message?.name).toBe("io.k8s.api.apps.v1.Deployment");
    expect(problems).toEqual([]);
  });

  it("reports unknown and duplicate fields in upstream's words", () => {
    const { object, problems } = decodeJSON(
      '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","name":"b","labels":{"x":"1","x":"2"}},"spec":{"foo":1,' +
        '"containers":[{"name":"c","image":"i"},{"name":"d","bar":{},"env":[{"name":"A","na\\u006de":"B"}]}]}}',
    );
    expect(problems.map((p) => p.message)).toEqual([
      'duplicate field "metadata.name"',
      'duplicate field "metadata.labels.x"',
      'unknown field "spec.foo"',
      'unknown field "spec.containers[1].bar"',
      'duplicate field "spec.containers[1].env[0].name"',
    ]);
    expect(object).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "b", labels: { x: "2" } },
      spec: { containers: [{ name: "c", image: "i" }, { name: "d", env: [{ name: "B" }] }] },
    });
  });

  it("tells of a doubled field that is unknown once", () => {
    const { problems } = decodeJSON('{"apiVersion":"v1","kind":"Pod","foo":1,"foo":2}');
    expect(problems.map((p) => p.message)).toEqual(['unknown field "foo"']);
  });

  it("finds no duplicates in strings that look like keys", () => {
    const text = JSON.stringify(
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
        data: { a: '{"a":1,"a":2}', "b\\": '\\"a":', "c: d": '"', e: "\\\\", "": " :" },
      },
      null,
      2,
    ).replace(/": /g, '" \t\r\n: ');
    expect(decodeJSON(text).problems).toEqual([]);
  });

  it("says nothing of duplicates when not asked for them", () => {
    const text = '{"apiVersion":"v1","kind":"Pod","kind":"Pod","metadata":{}}';
    expect(decodeJSON(text).problems.length).toBe(1);
    expect(decodeJSON(text, {}, { duplicates: false }).problems).toEqual([]);
  });

  it("refuses wrong types, all of them in one error", () => {
    const error = refusal(
      deployment.replace('"containerPort":80', '"containerPort":"x"').replace('"replicas":3', '"replicas":"3"'),
    );
    expect(error.reason).toBe("WrongType");
    expect(error.message.split("\n")).toEqual([
      'spec.replicas: expected int32, found string "3"',
      'spec.template.spec.containers[0].ports[0].containerPort: expected int32, found string "x"',
    ]);
    expect(error.problems[1]!.path).toEqual(["spec", "template", "spec", "containers", 0, "ports", 0, "containerPort"]);
  });

  it("takes whole characters alone", () => {
    const text = String
      .raw`{"apiVersion":"v1","kind":"ConfigMap","data":{"half":"\ud800","whole":"\ud83d\ude00","text":"\\ud800"}}`;
    expect(decodeJSON(text).object).toMatchObject({ data: { half: "\ufffd", whole: "😀", text: "\\ud800" } });
  });

  it("refuses what is not JSON", () => {
    expect(refusal('{"kind":"Pod",}')).toMatchObject({ reason: "Syntax", position: { line: 1, column: 15 } });
    expect(refusal('{\n  "kind" 5}').message).toBe("invalid JSON: line 2, column 10: Expected ':' after property name");
    expect(refusal("")).toMatchObject({ reason: "Syntax", position: undefined });
    expect(refusal('{"a": NaN}').message).toContain("invalid JSON: Unexpected token");
    expect(refusal("5").message).toBe("expected an object with apiVersion and kind, found number 5");
  });

  it("finds the kind: in the object, or as expected", () => {
    expect(decodeJSON('{"metadata":{}}', { apiVersion: "v1", kind: "Pod" }).object).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {},
    });
    expect(refusal('{"kind":"Pod"}')).toMatchObject({ reason: "MissingKind" });
    expect(refusal('{"apiVersion":"v1","kind":""}')).toMatchObject({ reason: "MissingKind" });
    expect(refusal('{"apiVersion":"v1","kind":["Pod"]}').message).toBe("kind: expected string, found array");
    expect(refusal(deployment, { apiVersion: "apps/v1", kind: "ReplicaSet" })).toMatchObject({
      reason: "WrongKind",
      message: 'the object\'s kind is "Deployment", here it must be "ReplicaSet"',
    });
    expect(refusal(deployment, { apiVersion: "apps/v2" }).reason).toBe("WrongKind");
    const options = { apiVersion: "v1", kind: "DeleteOptions", anyVersion: true };
    const text = '{"apiVersion":"apps/v1","kind":"DeleteOptions","gracePeriodSeconds":0}';
    expect(decodeJSON(text, options).object.gracePeriodSeconds).toBe(0);
    expect(decodeJSON("{}", options).message?.name).toBe("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
  });

  it("lets kinds pass that the schema does not have, but not their duplicates", () => {
    const text =
      '{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":0,"size":null}}';
    const { object, message, problems } = decodeJSON(text);
    expect(message).toBeUndefined();
    expect(object.spec).toEqual({ size: null });
    expect(problems.map((p) => p.message)).toEqual(['duplicate field "spec.size"']);
  });

  it("checks the metadata of kinds that the schema does not have", () => {
    const widget = (metadata: string) =>
      `{"apiVersion":"example.org/v1","kind":"Widget","metadata":${metadata},"spec":{"a":null}}`;
    const { object, problems } = decodeJSON(widget('{"name":"a","nope":1,"creationTimestamp":null}'));
    expect(object).toEqual({
      apiVersion: "example.org/v1",
      kind: "Widget",
      metadata: { name: "a" },
      spec: { a: null },
    });
    expect(problems.map((p) => p.message)).toEqual(['unknown field "metadata.nope"']);
    expect(refusal(widget('{"labels":["a"]}')).message).toBe("metadata.labels: expected object, found array");
    expect("metadata" in decodeJSON(widget("null")).object).toBe(false);
  });

  it("has limits of length and depth", () => {
    expect(refusal(deployment, {}, { limits: { maxLength: 100 } })).toMatchObject({
      reason: "TooLarge",
      message: `the text has ${deployment.length} characters, the limit is 100`,
    });
    const deep = `{"apiVersion":"x/v1","kind":"Y","a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(refusal(deep)).toMatchObject({ reason: "WrongType" });
    expect(refusal(deep).message).toContain("at most 1000 levels of nesting");
  });
});
