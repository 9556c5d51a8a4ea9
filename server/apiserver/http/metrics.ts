/** Upper bounds of request durations, in seconds. */
const bounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];

/** A server has far fewer combinations of labels; more would be a mistake, and may not eat the memory. */
const SERIES_LIMIT = 5000;

interface Histogram {
  readonly buckets: Float64Array;
  sum: number;
  count: number;
}

export interface RequestLabels {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
}

/** Numbers that are asked for when the metrics are. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: () => readonly MetricValue[];
}

export interface MetricValue {
  /** Behind the name: a histogram's `_bucket`, `_sum` and `_count`. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * The server's own metrics under upstream's names, in Prometheus' text format. Counted by hand, since each request pays for it:
 * prom-client takes 16 MB and 40 ms of every start.
 */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Histogram>();
  readonly #families: () => readonly MetricFamily[];

  constructor(families: () => readonly MetricFamily[] = () => []) {
    this.#families = families;
  }

  observe(labels: RequestLabels, code: number, seconds: number | undefined): void {
    const series = seriesOf(labels);
    const counted = `code="${code}",${series}`;
    const before = this.#requests.get(counted);
    if (before !== undefined || this.#requests.size < SERIES_LIMIT) this.#requests.set(counted, (before ?? 0) + 1);
    if (seconds === undefined) return;
    let histogram = this.#durations.get(series);
    if (histogram === undefined) {
      if (this.#durations.size >= SERIES_LIMIT) return;
      histogram = { buckets: new Float64Array(bounds.length), sum: 0, count: 0 };
      this.#durations.set(series, histogram);
    }
    let at = bounds.length - 1;
    while (at >= 0 && seconds <= bounds[at]!) at--;
    if (at + 1 < bounds.length) histogram.buckets[at + 1]!++;
    histogram.sum += seconds;
    histogram.count++;
  }

  text(): string {
    const lines: string[] = [];
    lines.push(
      "# HELP apiserver_request_total Requests by verb, resource and HTTP code.",
      "# TYPE apiserver_request_total counter",
    );
    for (const [series, count] of this.#requests) lines.push(`apiserver_request_total{${series}} ${count}`);
    const duration = "apiserver_request_duration_seconds";
    lines.push(
      `# HELP ${duration} Time to answer a request, watches and streams left out.`,
      `# TYPE ${duration} histogram`,
    );
    for (const [series, { buckets, sum, count }] of this.#durations) {
      let below = 0;
      for (const [i, bound] of bounds.entries()) {
        below += buckets[i]!;
        lines.push(`${duration}_bucket{${series},le="${bound}"} ${below}`);
      }
      lines.push(`${duration}_bucket{${series},le="+Inf"} ${count}`);
      lines.push(`${duration}_sum{${series}} ${sum}`, `${duration}_count{${series}} ${count}`);
    }
    for (const { name, help, type, values } of this.#families()) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const { suffix = "", labels, value } of values()) {
        const text = Object.entries(labels).map(([key, v]) => `${key}="${v}"`).join(",");
        lines.push(`${name}${suffix}${text ? `{${text}}` : ""} ${value}`);
      }
    }
    return `${lines.join("\n")}\n`;
  }
}

function seriesOf({ verb, group, version, resource, subresource, scope }: RequestLabels): string {
  return `group="${group}",resource="${resource}",scope="${scope}",subresource="${subresource}",verb="${verb}",version="${version}"`;
}
