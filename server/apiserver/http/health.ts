import { noSniff, send, TEXT } from "./answer.ts";
import type { Call } from "./call.ts";
import type { PathRoute } from "./handler.ts";

/** One condition of being alive or ready. Undefined: it holds; else what is wrong, without secrets. */
export interface HealthCheck {
  readonly name: string;
  check(): string | undefined | Promise<string | undefined>;
}

/**
 * `/readyz` says `ok`, or 500 with every check's verdict; `?verbose` gives the verdicts in any case, `?exclude=NAME` leaves a check out, and
 * `/readyz/NAME` asks one alone.
 */
export function healthRoute(path: string, checks: readonly HealthCheck[]): (path: string) => PathRoute | undefined {
  const title = path.slice(1);
  return (asked) => {
    if (asked === path) return (call) => answerAll(call, title, checks);
    const one = asked.startsWith(`${path}/`) ? checks.find((c) => c.name === asked.slice(path.length + 1)) : undefined;
    return one && (async (call) => {
      const wrong = await verdict(one);
      return send(
        call,
        wrong === undefined ? 200 : 500,
        TEXT,
        wrong === undefined ? "ok" : `internal server error: ${wrong}\n`,
      );
    });
  };
}

async function answerAll(call: Call, title: string, checks: readonly HealthCheck[]): Promise<void> {
  const excluded = new Set(call.query.parameters.getAll("exclude"));
  const unknown = new Set(excluded);
  const lines: string[] = [];
  let healthy = true;
  for (const check of checks) {
    if (excluded.has(check.name)) {
      unknown.delete(check.name);
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const wrong = await verdict(check);
    if (wrong !== undefined) healthy = false;
    lines.push(wrong === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: ${wrong}`);
  }
  if (healthy && !call.query.parameters.has("verbose")) return send(call, 200, TEXT, "ok", noSniff);
  if (unknown.size > 0) {
    const names = [...unknown].map((name) => JSON.stringify(name)).join(", ");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  lines.push(`${title} check ${healthy ? "passed" : "failed"}`, "");
  return send(call, healthy ? 200 : 500, TEXT, lines.join("\n"), noSniff);
}

async function verdict(check: HealthCheck): Promise<string | undefined> {
  try {
    return await check.check();
  } catch {
    return "the check itself failed";
  }
}
