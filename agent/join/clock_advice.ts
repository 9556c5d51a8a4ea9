import { request } from "node:https";

const TIMEOUT = 5_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * What to tell a user whose machine may not believe a server's certificate because of its clock: words to append to a message, `""` when the clocks are close or the server does not
 * answer. The server is asked without knowing it, so its answer is good for words alone.
 */
export async function clockAdvice(server: string, now: number): Promise<string> {
  const date = await dateOf(server);
  return date === undefined ? "" : adviceFor(now - date);
}

/** For a clock that is so many milliseconds ahead of the server's. */
export function adviceFor(ahead: number): string {
  const far = Math.abs(ahead);
  if (far < HOUR) return "";
  const much = far < 2 * DAY ? `${Math.round(far / HOUR)} hours` : `${Math.round(far / DAY)} days`;
  return `; this machine's clock is ${much} ${
    ahead > 0 ? "ahead of" : "behind"
  } the server's: set the one that is wrong`;
}

function dateOf(server: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const call = request(new URL("/cacerts", server), {
      method: "HEAD",
      rejectUnauthorized: false,
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT),
    }, (answer) => {
      answer.resume();
      const date = Date.parse(answer.headers.date ?? "");
      resolve(Number.isNaN(date) ? undefined : date);
    });
    call.on("error", () => resolve(undefined));
    call.end();
  });
}
