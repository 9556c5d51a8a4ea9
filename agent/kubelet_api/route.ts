import { TrieRouter } from "hono/router/trie-router";
import { HttpError } from "./http_error.ts";

/** What a request of the kubelet's API is for. Names, ids and commands come from the path and query as the client sent them. */
export type Route =
  | { readonly kind: "healthz" | "pods" | "statsSummary" | "metrics" | "resourceMetrics" }
  | { readonly kind: "logs"; readonly namespace: string; readonly pod: string; readonly container: string }
  | { readonly kind: "exec" | "attach"; readonly namespace: string; readonly pod: string; readonly container: string }
  | { readonly kind: "portForward"; readonly namespace: string; readonly pod: string };

type Names = Readonly<Record<string, string>>;

const ofPod = ({ namespace, pod }: Names) => ({ namespace: decode(namespace!), pod: decode(pod!) });
const ofContainer = (names: Names) => ({ ...ofPod(names), container: decode(names.container!) });

/** Between Pod and container a UID may stand, which exec, attach and port-forward once had. */
const ROUTES: readonly [pattern: string, make: (names: Names) => Route][] = [
  ["/healthz", () => ({ kind: "healthz" })],
  ["/pods", () => ({ kind: "pods" })],
  ["/pods/", () => ({ kind: "pods" })],
  ["/runningpods/", () => ({ kind: "pods" })],
  ["/stats/summary", () => ({ kind: "statsSummary" })],
  ["/metrics", () => ({ kind: "metrics" })],
  ["/metrics/resource", () => ({ kind: "resourceMetrics" })],
  ["/containerLogs/:namespace/:pod/:container", (names) => ({ kind: "logs", ...ofContainer(names) })],
  ["/exec/:namespace/:pod/:container", (names) => ({ kind: "exec", ...ofContainer(names) })],
  ["/exec/:namespace/:pod/:uid/:container", (names) => ({ kind: "exec", ...ofContainer(names) })],
  ["/attach/:namespace/:pod/:container", (names) => ({ kind: "attach", ...ofContainer(names) })],
  ["/attach/:namespace/:pod/:uid/:container", (names) => ({ kind: "attach", ...ofContainer(names) })],
  ["/portForward/:namespace/:pod", (names) => ({ kind: "portForward", ...ofPod(names) })],
  ["/portForward/:namespace/:pod/:uid", (names) => ({ kind: "portForward", ...ofPod(names) })],
];

const router = new TrieRouter<(names: Names) => Route>();
for (const [pattern, make] of ROUTES) router.add("GET", pattern, make);

/** Undefined for a path that is none of ours. Throws 400 for a wrong escape in it. */
export function route(pathname: string): Route | undefined {
  const [found] = router.match("GET", pathname)[0];
  return found?.[0](found[1] as Names);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new HttpError(400, `path with a wrong escape: ${part}`, { cause: error });
  }
}

/** The streams that exec and attach ask for, by the kubelet's names (`input=1`) or those of the API (`stdin=true`). Throws 400 without any. */
export function requestedStreams(
  query: URLSearchParams,
): { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean; readonly tty: boolean } {
  const isSet = (...names: string[]) => names.some((name) => ["1", "true"].includes(query.get(name) ?? ""));
  const tty = isSet("tty");
  const streams = {
    stdin: isSet("input", "stdin"),
    stdout: isSet("output", "stdout"),
    // A terminal has one output.
    stderr: isSet("error", "stderr") && !tty,
    tty,
  };
  if (streams.stdin || streams.stdout || streams.stderr) return streams;
  throw new HttpError(400, "you must specify at least 1 of stdin, stdout, stderr");
}

/** The ports of a port-forward that names them in its query, as the older WebSocket form does. Throws 400. */
export function requestedPorts(query: URLSearchParams): readonly number[] {
  return [...query.getAll("port"), ...query.getAll("ports")].flatMap((text) => text.split(",")).map((text) => {
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port < 65536) return port;
    throw new HttpError(400, `invalid port ${JSON.stringify(text)}: ports are numbers from 1 to 65535`);
  });
}
