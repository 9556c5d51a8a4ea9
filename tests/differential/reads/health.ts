import { ask, inParallel, type Section } from "../suite.ts";

const checks = [
  "ping",
  "log",
  "etcd",
  "etcd-readiness",
  "informer-sync",
  "shutdown",
  "poststarthook/rbac/bootstrap-roles",
  "nothing",
];

/** Health endpoints, the version, and the metrics that people scrape. */
export const health: Section = async ({ sides, report }, of) => {
  const get = (path: string, headers?: Record<string, string>) =>
    ask(sides, report, of, { method: "GET", path, ...headers && { headers } });
  const roots = ["/livez", "/readyz", "/healthz"];
  await inParallel(
    roots.flatMap((root) => [
      root,
      `${root}/`,
      `${root}?verbose`,
      `${root}?verbose=true`,
      `${root}?exclude=nothing`,
      `${root}?exclude=etcd`,
      `${root}?verbose&exclude=etcd&exclude=ping`,
      `${root}?verbose&exclude=nothing`,
      ...checks.map((check) => `${root}/${check}`),
      `${root}/ping?verbose`,
    ]),
    async (path) => void await get(path),
  );
  for (const method of ["HEAD", "POST", "DELETE", "OPTIONS"]) {
    await inParallel([...roots, "/version", "/metrics"], async (path) => {
      await ask(sides, report, of, { method, path });
    });
  }
  await inParallel(
    ["/version", "/version/", "/", "/openid/v1/jwks", "/.well-known/openid-configuration"],
    async (path) => {
      await get(path);
      await get(path, { accept: "text/html" });
      await get(path, { accept: "application/json;q=0.1" });
    },
  );
  await compareMetrics();

  async function compareMetrics() {
    const answers = await Promise.all(
      [sides.theirs, sides.ours].map((side) => side.send({ method: "GET", path: "/metrics" })),
    );
    const [theirs, ours] = answers.map(({ text }) => familiesOf(text));
    const differing = [...theirs!].filter(([name, type]) => scraped.has(name) && ours!.get(name) !== type);
    const found = differing.map(([name, type]) => ({ where: name, theirs: type, ours: ours!.get(name) ?? "absent" }));
    const types = answers.map(({ contentType }) => contentType);
    if (types[0] !== types[1]) found.push({ where: "content-type", theirs: types[0]!, ours: types[1]! });
    report.add(found, { of, what: "GET /metrics", sent: "" });
  }
};

/** What dashboards and alerts of kube-prometheus and of monitoring products read of an API server. */
const scraped = new Set([
  "apiserver_request_total",
  "apiserver_request_duration_seconds",
  "apiserver_request_sli_duration_seconds",
  "apiserver_request_terminations_total",
  "apiserver_request_aborts_total",
  "apiserver_response_sizes",
  "apiserver_current_inflight_requests",
  "apiserver_current_inqueue_requests",
  "apiserver_longrunning_requests",
  "apiserver_watch_events_total",
  "apiserver_watch_events_sizes",
  "apiserver_audit_event_total",
  "apiserver_admission_controller_admission_duration_seconds",
  "apiserver_admission_step_admission_duration_seconds",
  "apiserver_admission_webhook_admission_duration_seconds",
  "apiserver_storage_objects",
  "apiserver_resource_objects",
  "apiserver_client_certificate_expiration_seconds",
  "apiserver_requested_deprecated_apis",
  "apiserver_tls_handshake_errors_total",
  "authenticated_user_requests",
  "authentication_attempts",
  "etcd_request_duration_seconds",
  "kubernetes_build_info",
  "process_cpu_seconds_total",
  "process_resident_memory_bytes",
  "process_open_fds",
  "process_start_time_seconds",
  "go_goroutines",
  "rest_client_requests_total",
  "workqueue_adds_total",
  "workqueue_depth",
  "workqueue_queue_duration_seconds",
]);

/** Their types by name. */
function familiesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
}
