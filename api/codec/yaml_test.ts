import { describe, expect, it } from "vitest";
import { decodeYAML, encodeYAML } from "./yaml.ts";
import { DecodeError } from "./problem.ts";

function refusal(text: string): DecodeError {
  try {
    decodeYAML(text);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error(`not refused: ${text}`);
}

const configMap = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n${data}`;

describe("decodeYAML", () => {
  it("decodes every document and says where each begins", () => {
    const documents = decodeYAML(
      "# a comment\n---\n" + configMap("  a: b\n") + "---\n# nothing\n---\n\n" + configMap("  c: |\n    d\n") + "...\n",
    );
    expect(documents.map((d) => [d.object.data, d.position.line])).toEqual([[{ a: "b" }, 3], [{ c: "d\n" }, 12]]);
    expect(decodeYAML("")).toEqual([]);
    expect(decodeYAML("---\n# nothing\n---\n~\n")).toEqual([]);
  });

  it("names problems by path, line and column", () => {
    const [document] = decodeYAML(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\nspec:\n  foo: 1\n  containers:\n  - name: c\n    prots:\n    - {}\n",
    );
    expect(document!.problems.map((p) => [p.message, p.position?.line, p.position?.column])).toEqual([
      ['unknown field "spec.foo"', 7, 3],
      ['unknown field "spec.containers[0].prots"', 10, 5],
      ['duplicate field "metadata.name"', 5, 3],
    ]);
    expect(document!.object.metadata).toEqual({ name: "b" });
  });

  it("names wrong types of all documents in one error", () => {
    const pod = (port: string) =>
      `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - ports:\n    - containerPort: ${port}\n`;
    const error = refusal(`${pod("80")}---\n${pod("http")}---\n${pod("8.5")}`);
    expect(error.reason).toBe("WrongType");
    expect(error.message.split("\n")).toEqual([
      'line 13, column 22: spec.containers[0].ports[0].containerPort: expected int32, found string "http"',
      "line 20, column 22: spec.containers[0].ports[0].containerPort: expected int32, found number 8.5",
    ]);
    expect(error.position).toEqual({ line: 13, column: 22 });
  });

  it("names syntax errors by line and column", () => {
    const error = refusal("apiVersion: v1\nkind: Pod\nmetadata: {name: a\nspec: {}\n");
    expect(error.reason).toBe("Syntax");
    expect(error.position?.line).toBe(4);
    expect(error.message).toMatch(/^invalid YAML: line 4, column [0-9]+: /);
    expect(refusal("a: b: c").position).toEqual({ line: 1, column: 4 });
    expect(refusal("\tkind: Pod").position).toEqual({ line: 1, column: 1 });
  });

  it("says where a document without a kind is", () => {
    expect(refusal(`${configMap("  a: b\n")}---\nkind: Pod\n`)).toMatchObject({
      reason: "MissingKind",
      position: { line: 7, column: 1 },
      message: "line 7, column 1: apiVersion is missing; every object names its apiVersion and its kind",
    });
    expect(refusal("apiVersion: v1\nkind: yes\n").message).toBe(
      "line 2, column 7: kind: expected string, found boolean true",
    );
    expect(refusal("just text").message).toBe(
      'line 1, column 1: expected an object with apiVersion and kind, found string "just text"',
    );
  });

  it("reads the dialect of Kubernetes' tools", () => {
    const [document] = decodeYAML(
      "apiVersion: example.org/v1\nkind: Widget\nyes_: yes\noff_: off\noctal: 0644\nhex: 0x1F\nbig: 1_000\ndate: 2026-01-02\n" +
        "ports: 22:22\nsha: 1e3\nnothing: ~\ntext: 'yes'\n1: one\nbinary: !!binary YQ==\n",
    );
    expect(document!.object).toEqual({
      apiVersion: "example.org/v1",
      kind: "Widget",
      yes_: true,
      off_: false,
      octal: 420,
      hex: 31,
      big: 1000,
      date: "2026-01-02",
      ports: "22:22",
      sha: 1000,
      nothing: null,
      text: "yes",
      "1": "one",
      binary: "YQ==",
    });
  });

  it("resolves aliases and merges into values of their own", () => {
    const [document] = decodeYAML(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: &labels {a: b}\n  annotations:\n    <<: *labels\n    c: d\n" +
        "spec:\n  nodeSelector: *labels\n  containers: []\n",
    );
    const { metadata, spec } = document!.object as Record<string, Record<string, Record<string, string>>>;
    expect(document!.problems).toEqual([]);
    expect(metadata!.annotations).toEqual({ a: "b", c: "d" });
    expect(spec!.nodeSelector).toEqual({ a: "b" });
    expect(spec!.nodeSelector).not.toBe(metadata!.labels);
  });

  it("places a problem that comes through an alias at its anchor", () => {
    const error = refusal("apiVersion: v1\nkind: Pod\nx: &c\n- name: 5\nspec:\n  containers: *c\n");
    expect(error.message).toBe("line 4, column 9: spec.containers[0].name: expected string, found number 5");
  });

  it("refuses bombs", () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i}: &l${i} [${i ? Array(10).fill(`*l${i - 1}`).join(",") : "x"}]\n`,
    );
    expect(refusal(`apiVersion: v1\nkind: Pod\n${levels.join("")}`)).toMatchObject({ reason: "Syntax" });
    expect(refusal("apiVersion: v1\nkind: Pod\nx: &a [*a]\n")).toMatchObject({
      reason: "Syntax",
      position: { line: 1 },
    });
    expect(refusal(`a: ${"[".repeat(50_000)}`).reason).toBe("Syntax");
    expect(refusal(`a: ${"[".repeat(1200)}${"]".repeat(1200)}`).reason).toBe("Syntax");
    expect(refusal("---\na: b\n".repeat(1001))).toMatchObject({ reason: "TooLarge" });
    expect(refusal("#".repeat(3 * 1024 * 1024 + 1))).toMatchObject({ reason: "TooLarge" });
  });

  it("refuses numbers that JSON does not have", () => {
    expect(refusal("apiVersion: x/v1\nkind: Z\na: [.inf]\n").message).toBe(
      "line 3, column 5: a[0]: expected finite number, found number Infinity",
    );
  });
});

describe("encodeYAML", () => {
  it("quotes what another reader would not take for a string", () => {
    const data = {
      a: "yes",
      b: "0644",
      c: "1e3",
      d: "22:22",
      e: "~",
      f: "2026-01-02",
      g: "0o17",
      h: "",
      i: "two\nlines\n",
      y: "x",
    };
    const text = encodeYAML({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data });
    expect(decodeYAML(text)[0]!.object.data).toEqual(data);
    for (const value of ["yes", "0644", "1e3", "22:22", "0o17"]) expect(text).toContain(`"${value}"`);
    expect(text).toContain("  i: |\n    two\n    lines\n");
  });

  it("repeats shared values, and leaves long lines whole", () => {
    const shared = { a: "x ".repeat(200) };
    const text = encodeYAML({ one: shared, two: shared });
    expect(text).not.toMatch(/[&*]/);
    expect(text.trimEnd().split("\n").length).toBe(4);
  });
});
