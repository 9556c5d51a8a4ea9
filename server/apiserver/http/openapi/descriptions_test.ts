import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { schema } from "../../../../api/schema/schema.ts";
import { openDescriptions } from "./descriptions.ts";
import { placesOf } from "./places.ts";
import { openapiV2 } from "./v2.ts";
import { openapiV3 } from "./v3.ts";

const rows = schema.resources().filter(({ resource }) => resource === "pods" || resource === "events");
const given = gzipSync(JSON.stringify({
  V1Pod: { "": "What runs.", spec: "What is wanted." },
  CoreV1Event: { reason: "Why, in core." },
  EventsV1Event: { reason: "Why, in events." },
}));

interface Definition {
  readonly description?: string;
  readonly properties: Readonly<Record<string, { readonly description?: string; readonly $ref?: string }>>;
}

describe("descriptions", () => {
  it("stand in both documents, beside kinds and fields", () => {
    const say = openDescriptions(given).read();
    const second = (openapiV2(schema, rows, say) as { definitions: Record<string, Definition> }).definitions;
    const third: Record<string, Definition> = {};
    for (const place of ["api/v1", "apis/events.k8s.io/v1"]) {
      const document = openapiV3(schema, place, placesOf(rows).get(place)!, say);
      Object.assign(third, (document as { components: { schemas: Record<string, Definition> } }).components.schemas);
    }
    for (const  of of[second, third]) {
      expect(of["io.k8s.api.core.v1.Pod"]?.description).toBe("What runs.");
      expect(of["io.k8s.api.core.v1.Pod"]?.properties["spec"]?.description).toBe("What is wanted.");
      expect(of["io.k8s.api.core.v1.Pod"]?.properties["status"]).not.toHaveProperty("description");
      expect(of["io.k8s.api.core.v1.Event"]?.properties["reason"]?.description).toBe("Why, in core.");
      expect(of["io.k8s.api.events.v1.Event"]?.properties["reason"]?.description).toBe("Why, in events.");
    }
    // OpenAPI 3 lets nothing stand beside a reference.
    expect(third["io.k8s.api.core.v1.Pod"]?.properties["spec"]).not.toHaveProperty("$ref");
  });

  it("make other documents than none", () => {
    expect(openDescriptions(given).tag).not.toBe(openDescriptions(gzipSync("{}")).tag);
    expect(openDescriptions(gzipSync("{}")).read()("io.k8s.api.core.v1.Pod")).toBeUndefined();
  });
});
