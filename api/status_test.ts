import { describe, expect, it } from "vitest";
import { FieldError, root } from "./meta/field.ts";
import * as status from "./status.ts";

const pods = { group: "", resource: "pods", kind: "Pod" };
const deployments = { group: "apps", resource: "deployments", kind: "Deployment" };

describe("StatusError", () => {
  it("is what a client expects of a missing object", () => {
    expect(status.notFound(deployments, "web").status).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'deployments.apps "web" not found',
      reason: "NotFound",
      details: { name: "web", group: "apps", kind: "deployments" },
      code: 404,
    });
    expect(status.notFound(pods, "x").status.details).toEqual({ name: "x", kind: "pods" });
  });

  it("lists the causes of an invalid object", () => {
    const errors = [
      FieldError.required(root("spec", "containers")),
      FieldError.invalid(root("metadata").child("name"), "A", "must be lower case"),
    ];
    const error = status.invalid(pods, "x", errors);
    expect(error.message).toBe(
      'Pod "x" is invalid: [spec.containers: Required value, metadata.name: Invalid value: "A": must be lower case]',
    );
    expect(error.status.details).toEqual({
      name: "x",
      kind: "Pod",
      causes: [
        { reason: "FieldValueRequired", message: "Required value", field: "spec.containers" },
        { reason: "FieldValueInvalid", message: 'Invalid value: "A": must be lower case', field: "metadata.name" },
      ],
    });
    expect(status.invalid(deployments, "w", errors.slice(0, 1)).message).toBe(
      'Deployment.apps "w" is invalid: spec.containers: Required value',
    );
  });

  it.each<[number, string, string, status.StatusError]>([
    [409, "AlreadyExists", 'deployments.apps "x" already exists', status.alreadyExists(deployments, "x")],
    [
      409,
      "Conflict",
      'Operation cannot be fulfilled on pods "x": the object has been modified',
      status.conflict(pods, "x"),
    ],
    [409, "AlreadyExists", "not able to generate a unique name", status.generateNameConflict(pods, "x-")],
    [403, "Forbidden", 'pods "x" is forbidden: no', status.forbidden(pods, "x", "no")],
    [403, "Forbidden", "pods is forbidden: no", status.forbidden(pods, "", "no")],
    [403, "Forbidden", "forbidden: no", status.forbidden(undefined, "", "no")],
    [
      405,
      "MethodNotAllowed",
      'delete is not supported on resources of kind "pods"',
      status.methodNotSupported(pods, "delete"),
    ],
    [410, "Expired", "too old resource version: 3 (7)", status.resourceVersionTooOld(3, 7)],
    [413, "RequestEntityTooLarge", "Request entity too large: limit is 3", status.requestEntityTooLarge("limit is 3")],
    [500, "InternalError", "Internal error occurred: broken", status.internal("broken")],
    [500, "ServerTimeout", "The create operation against pods could not", status.serverTimeout(pods, "create")],
    [504, "Timeout", "Timeout: late", status.timeout("late")],
    [504, "Timeout", "Timeout: Too large resource version: 9, current: 7", status.resourceVersionTooLarge(9, 7)],
  ])("answers %s", ([code, reason, message, error]) => {
    expect([error.code, error.reason]).toEqual([code, reason]);
    expect(error.message).toContain(message);
    expect(status.statusFrom(error)).toBe(error.status);
  });

  it("tells nothing of what it did not make itself", () => {
    const answer = status.statusFrom(new Error("cannot open /var/lib/secret"));
    expect([answer.code, answer.reason]).toEqual([500, "InternalError"]);
    expect(JSON.stringify(answer)).not.toContain("secret");
    expect(status.statusFrom(new DOMException("x", "TimeoutError")).code).toBe(504);
  });

  it("classifies", () => {
    expect(status.isNotFound(status.notFound(pods, "x"))).toBe(true);
    expect(status.isNotFound(new Error("x"))).toBe(false);
    expect(status.isConflict(status.alreadyExists(pods, "x"))).toBe(false);
    expect(status.isExpired(status.gone("x")) && status.isExpired(status.expired("x"))).toBe(true);
    expect(status.isTransient(status.tooManyRequests("x"))).toBe(true);
    expect(status.suggestedDelay(status.tooManyRequests("x", 3))).toBe(3000);
    expect(status.suggestedDelay(status.badRequest("x"))).toBe(undefined);
  });

  it("understands an answer that is no Status", () => {
    const error = status.unexpectedResponse(502, `<html>${"x".repeat(5000)}`, 2);
    expect([error.code, error.reason]).toEqual([502, "InternalError"]);
    expect(error.message.length).toBeLessThan(1200);
    expect(status.suggestedDelay(error)).toBe(2000);
    expect(status.unexpectedResponse(418, "").reason).toBe("");
  });
});
