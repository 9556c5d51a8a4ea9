import { describe, expect, it } from "vitest";
import { openSqlite } from "../datastore/sqlite/open.ts";
import { Metrics } from "./apiserver/http/metrics.ts";
import { storeMetrics } from "./store_metrics.ts";

describe("storeMetrics", () => {
  it("shows each query that was asked as a histogram, with its name", async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
    const store = await openSqlite({ path: `${directory}/state.db` });
    for (let i = 0; i < 3; i++) await store.commit([{ kind: "put", key: `k${i}`, value: "1" }]);
    const text = new Metrics(() => storeMetrics(store.metrics!, () => 2)).text();
    expect(text).toContain("# TYPE skiff_datastore_query_duration_seconds histogram");
    expect(text).toContain('skiff_datastore_query_duration_seconds_count{query="insert"} 3\n');
    expect(text).toContain('skiff_datastore_query_duration_seconds_bucket{query="insert",le="+Inf"} 3\n');
    expect(text).toMatch(/skiff_datastore_query_duration_seconds_sum\{query="commit"\} 0\.0/);
    expect(text).toContain('skiff_datastore_query_errors_total{query="insert"} 0\n');
    expect(text).toContain("skiff_datastore_compaction_failures_total 2\n");
    expect(text).not.toContain('query="list"');
    await store.close();
    await Deno.remove(directory, { recursive: true });
  });
});
