import { expect, it } from "vitest";
import { SharedParameters } from "./shared_parameters.ts";

it("names a parameter once, as upstream does, and leaves alone what clients of old look for", () => {
  const shared = new SharedParameters();
  const namespace = {
    uniqueItems: true,
    type: "string",
    description: "object name and auth scope, such as for teams and projects",
    name: "namespace",
    in: "path",
    required: true,
  };
  const reference = { $ref: "#/parameters/namespace-vgWSWtn3" };
  expect([shared.refer(namespace), shared.refer({ ...namespace })]).toEqual([reference, reference]);
  const options = { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions" };
  expect(shared.refer({ name: "body", in: "body", schema: options })).toEqual({ $ref: "#/parameters/body-2Y1dVQaQ" });
  const alone = [
    { name: "name", in: "path" },
    { name: "dryRun", in: "query" },
    { name: "fieldValidation", in: "query" },
    { name: "body", in: "body", schema: { $ref: "#/definitions/io.k8s.api.core.v1.Pod" } },
  ];
  expect(alone.map((one) => shared.refer(one))).toEqual(alone);
  expect(Object.keys(shared.all())).toEqual(["body-2Y1dVQaQ", "namespace-vgWSWtn3"]);
});
