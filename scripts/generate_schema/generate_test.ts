import { describe, expect, it } from "vitest";
import { readGoPackage } from "./go_source.ts";
import { metaPath, Model } from "./model.ts";
import { readProtoNumbers } from "./proto_source.ts";
import { typesFile } from "./write_types.ts";
import { tableFile } from "./write_table.ts";

const meta = `package v1

type Time struct {
	time.Time \`protobuf:"-"\`
}

type TypeMeta struct {
	// +optional
	Kind string \`json:"kind,omitempty" protobuf:"bytes,1,opt,name=kind"\`
	// +optional
	APIVersion string \`json:"apiVersion,omitempty" protobuf:"bytes,2,opt,name=apiVersion"\`
}

type ObjectMeta struct {
	// +optional
	CreationTimestamp Time \`json:"creationTimestamp,omitempty,omitzero" protobuf:"bytes,8,opt,name=creationTimestamp"\`
}
`;

const widgets = `package v1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +enum
type Colour string

const (
	Red  Colour = "red"
	Blue Colour = "blue"
)

type Aliases []string

// +genclient
// +genclient:nonNamespaced

// Widget is a thing.
type Widget struct {
	metav1.TypeMeta \`json:",inline"\`
	// +optional
	metav1.ObjectMeta \`json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"\`
	Spec WidgetSpec \`json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"\`
}

// +structType=atomic
type Part struct {
	Name string \`json:"name" protobuf:"bytes,1,opt,name=name"\`
}

type Source struct {
	// +optional
	Size *resource.Quantity \`json:"size,omitempty" protobuf:"bytes,1,opt,name=size"\`
}

type WidgetSpec struct {
	// +default=ref(Red)
	Colours []Colour \`json:"colours,omitempty" protobuf:"bytes,1,rep,name=colours,casttype=Colour"\`
	// +listType=map
	// +listMapKey=name
	// +listMapKey=kind
	// +patchStrategy=merge
	Parts []Part \`json:"parts" patchStrategy:"merge,retainKeys" patchMergeKey:"name" protobuf:"bytes,2,rep,name=parts"\`
	// +optional
	// Removed string
	
	Named map[string]Aliases \`json:"named" protobuf:"bytes,3,rep,name=named"\`
	Source \`json:",inline" protobuf:"bytes,4,opt,name=source"\`
	hidden string
}
`;

function model(): Model {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${folder}/meta`);
    Deno.mkdirSync(`${folder}/widgets`);
    Deno.writeTextFileSync(`${folder}/meta/types.go`, meta);
    Deno.writeTextFileSync(`${folder}/widgets/types.go`, widgets);
    return new Model([
      readGoPackage(`${folder}/meta`, metaPath),
      readGoPackage(`${folder}/widgets`, "k8s.io/api/widgets/v1"),
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

describe("the schema's generator", () => {
  it("reads types, markers and tags of Go", () => {
    const messages = model().messages().filter((m) => m.folder === "widgets/v1");
    expect(messages.map((m) => [m.name, m.isKind])).toEqual([
      ["Part", false],
      ["Source", false],
      ["Widget", true],
      ["WidgetSpec", false],
    ]);
    expect(messages[2]!.fields.map((f) => [f.name, f.number, f.required, f.always])).toEqual([
      ["kind", 0, false, false],
      ["apiVersion", 0, false, false],
      ["metadata", 1, false, true],
      ["spec", 2, false, true],
    ]);
    expect(messages[3]!.fields).toEqual([
      {
        name: "colours",
        type: { list: { scalar: "string" } },
        number: 1,
        required: false,
        pointer: false,
        always: false,
        enum: ["blue", "red"],
        default: "red",
      },
      {
        name: "parts",
        type: { list: { message: "widgets/v1.Part" } },
        number: 2,
        required: true,
        pointer: false,
        always: true,
        listType: "map",
        listMapKeys: ["name", "kind"],
        structType: "atomic",
        patchStrategy: "merge,retainKeys",
        patchMergeKey: "name",
      },
      {
        name: "named",
        type: { map: { list: { scalar: "string" }, wrapped: true } },
        number: 3,
        required: true,
        pointer: false,
        always: true,
      },
      {
        name: "size",
        type: { scalar: "quantity" },
        number: 1,
        required: false,
        pointer: true,
        always: false,
        inline: [[4, "widgets/v1.Source"]],
      },
    ]);
  });

  it("writes interfaces", () => {
    const messages = model().messages().filter((m) => m.folder === "widgets/v1");
    expect(typesFile("widgets/v1", messages).split("\n").slice(2)).toEqual([
      'import type { ObjectMeta } from "./meta_v1.ts";',
      "",
      "export interface Part {",
      "  name: string;",
      "}",
      "",
      "export interface Source {",
      "  size?: string;",
      "}",
      "",
      "export interface Widget {",
      "  kind?: string;",
      "  apiVersion?: string;",
      "  metadata: ObjectMeta;",
      "  spec: WidgetSpec;",
      "}",
      "",
      "export interface WidgetSpec {",
      "  colours?: string[];",
      "  parts: Part[];",
      "  named: Record<string, string[]>;",
      "  size?: string;",
      "}",
      "",
    ]);
  });

  it("refuses a table whose facts name kinds that do not exist", () => {
    expect(() => tableFile(model().messages().filter((m) => m.folder === "meta/v1"), [])).toThrow(
      /which meta\/v1 does not have/,
    );
  });

  it("reads the numbers of a .proto", () => {
    const numbers = readProtoNumbers(
      "message A {\n  optional string name = 1;\n\n  map<string, .k8s.io.B> parts = 12;\n}\n\nmessage B {\n  repeated A as = 3;\n}\n",
    );
    expect([...numbers].map(([name, fields]) => [name, ...fields])).toEqual([
      ["A", ["name", 1], ["parts", 12]],
      ["B", ["as", 3]],
    ]);
  });
});
