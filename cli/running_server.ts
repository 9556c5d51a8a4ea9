import { HttpsTransport } from "../client/https_transport.ts";
import { readKubeconfig } from "../client/kubeconfig.ts";
import { kubeconfigOf } from "./administrator.ts";

/** So long may a whole snapshot take. */
const TIMEOUT = 3_600_000;

export interface Question {
  readonly path: string;
  readonly kubeconfig?: string | undefined;
  /** POSTed as JSON. */
  readonly body?: unknown;
}

/** What the server of a data directory answers its administrator, as lines. */
export async function* askServer(dataDir: string, { path, kubeconfig, body }: Question): AsyncGenerator<string> {
  const file = await kubeconfigOf({ dataDir, ...kubeconfig !== undefined && { kubeconfig } });
  const transport = new HttpsTransport({ ...await readKubeconfig(file), userAgent: "cli" });
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body), contentType: "application/json" };
    const answer = await transport.open({
      method: body === undefined ? "GET" : "POST",
      path,
      timeout: TIMEOUT,
      ...sent,
    });
    yield* answer.lines();
  } finally {
    transport.close();
  }
}

/** The same as JSON. */
export async function askServerJson(dataDir: string, question: Question): Promise<unknown> {
  let text = "";
  for await (const line of askServer(dataDir, question)) text += line;
  return JSON.parse(text);
}
