import { type DatastoreMetrics, QUERY_SECONDS, type QueryStatistics } from "../datastore/contract.ts";
import type { MetricFamily, MetricValue } from "./apiserver/http/metrics.ts";

/** What `/metrics` shows of a datastore that counts its queries; `failures` are those of the compactor beside it. */
export function storeMetrics(metrics: () => DatastoreMetrics, failures: () => number): readonly MetricFamily[] {
  const each = (values: (query: QueryStatistics) => readonly MetricValue[]) => () =>
    // What was never asked is left out: each query has a dozen series.
    metrics().queries.filter(({ count }) => count > 0).flatMap(values);
  return [
    {
      name: "skiff_datastore_query_duration_seconds",
      help: "Time of the datastore's queries, by name.",
      type: "histogram",
      values: each(histogram),
    },
    {
      name: "skiff_datastore_query_errors_total",
      help: "Queries of the datastore that failed, by name.",
      type: "counter",
      values: each(({ query, errors }) => [{ labels: { query }, value: errors }]),
    },
    {
      name: "skiff_datastore_compaction_failures_total",
      help: "Compactions of the datastore that have stopped with an error; they go on by themselves.",
      type: "counter",
      values: () => [{ labels: {}, value: metrics().compactionFailures + failures() }],
    },
  ];
}

function histogram({ query, count, seconds, within }: QueryStatistics): readonly MetricValue[] {
  return [
    ...within.map((value, i) => ({ suffix: "_bucket", labels: { query, le: `${QUERY_SECONDS[i]}` }, value })),
    { suffix: "_bucket", labels: { query, le: "+Inf" }, value: count },
    { suffix: "_sum", labels: { query }, value: seconds },
    { suffix: "_count", labels: { query }, value: count },
  ];
}
