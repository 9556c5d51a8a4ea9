import { describe, expect, it } from "vitest";
import { logQuery } from "./log_query.ts";
import { requestedPorts, requestedStreams, route } from "./route.ts";

describe("route", () => {
  it.each(
    [
      ["/healthz", { kind: "healthz" }],
      ["/metrics/resource", { kind: "resourceMetrics" }],
      ["/containerLogs/ns/pod/c", { kind: "logs", namespace: "ns", pod: "pod", container: "c" }],
      ["/exec/ns/pod/c", { kind: "exec", namespace: "ns", pod: "pod", container: "c" }],
      ["/attach/ns/pod/uid/c", { kind: "attach", namespace: "ns", pod: "pod", container: "c" }],
      ["/portForward/ns/pod/uid", { kind: "portForward", namespace: "ns", pod: "pod" }],
      ["/containerLogs/ns/pod", undefined],
      ["/exec/ns//c", undefined],
      ["/run/ns/pod/c", undefined],
      ["/", undefined],
    ] as const,
  )("%s", ([path, expected]) => {
    expect(route(path)).toEqual(expected);
  });

  it("refuses a broken escape", () => {
    expect(() => route("/exec/ns/%E0%A4%A/c")).toThrow(/wrong escape/);
  });
});

describe("what a query asks for", () => {
  it("are streams by either name, at least one", () => {
    const of = (text: string) => requestedStreams(new URLSearchParams(text));
    expect(of("input=1&output=1&error=1")).toEqual({ stdin: true, stdout: true, stderr: true, tty: false });
    expect(of("stdin=true&stdout=true&stderr=true&tty=true")).toMatchObject({ stderr: false, tty: true });
    expect(() => of("tty=1")).toThrow(/at least 1/);
  });

  it("are ports", () => {
    expect(requestedPorts(new URLSearchParams("port=80&ports=81,82"))).toEqual([80, 81, 82]);
    expect(requestedPorts(new URLSearchParams())).toEqual([]);
    expect(() => requestedPorts(new URLSearchParams("port=65536"))).toThrow('invalid port "65536"');
  });

  it("are log options", () => {
    const of = (text: string) => logQuery(new URLSearchParams(text), 100_000);
    expect(of("")).toEqual({ follow: false, previous: false, timestamps: false });
    expect(of("follow=true&sinceSeconds=10&tailLines=0&limitBytes=5&stream=Stderr&timestamps=true")).toEqual({
      follow: true,
      previous: false,
      timestamps: true,
      since: 90_000,
      tailLines: 0,
      limitBytes: 5,
      stream: "stderr",
    });
    expect(of("sinceTime=1970-01-01T00:00:05Z").since).toBe(5_000);
    for (const wrong of ["tailLines=-1", "limitBytes=0", "sinceSeconds=x", "sinceTime=noon", "stream=Both"]) {
      expect(() => of(wrong)).toThrow(wrong.split("=")[0]);
    }
  });
});
