import type { Container } from "../runtime/contract.ts";
import { terminationLogPath } from "./container_config.ts";
import { annotationKeys } from "./labels.ts";
import type { NodeFacts } from "./node_facts.ts";

const maxFileBytes = 4096;
const maxLogBytes = 2048;
const maxLogLines = 80;

/** The container with the last words it left as its message, from its file or, where it asks so, from its log. */
export async function withTerminationMessage(container: Container, facts: NodeFacts, uid: string): Promise<Container> {
  const text = await lastWords(container, facts, uid);
  if (text === "") return container;
  return { ...container, message: container.message === "" ? text : `${container.message}: ${text}` };
}

async function lastWords(container: Container, facts: NodeFacts, uid: string): Promise<string> {
  const written = await head(terminationLogPath(facts, uid, container.name, container.attempt), maxFileBytes);
  if (written !== "") return written;
  const policy = container.annotations[annotationKeys.terminationMessagePolicy];
  if (policy !== "FallbackToLogsOnError" || container.exitCode === 0 || container.logPath === "") return "";
  return logTail(await tail(container.logPath, 4 * maxLogBytes));
}

/** The text of the last lines of a CRI log: `TIME STREAM F|P text`. */
function logTail(log: string): string {
  let text = "";
  for (const line of log.split("\n").slice(-maxLogLines - 1)) {
    const match = /^\S+ (?:stdout|stderr) ([FP])\S* (.*)$/.exec(line);
    if (match) text += match[2] + (match[1] === "F" ? "\n" : "");
  }
  return text.slice(-maxLogBytes);
}

async function head(path: string, bytes: number): Promise<string> {
  return await readPart(path, bytes, "start");
}

async function tail(path: string, bytes: number): Promise<string> {
  return await readPart(path, bytes, "end");
}

/** `""` when the file is not there: a container that never ran left none. */
async function readPart(path: string, bytes: number, from: "start" | "end"): Promise<string> {
  try {
    using file = await Deno.open(path, { read: true });
    const { size, isFile } = await file.stat();
    if (!isFile) return "";
    if (from === "end" && size > bytes) await file.seek(-bytes, Deno.SeekMode.End);
    const buffer = new Uint8Array(Math.min(size, bytes));
    let filled = 0;
    for (let read = 1; read && filled < buffer.length; filled += read) {
      read = await file.read(buffer.subarray(filled)) ?? 0;
    }
    return new TextDecoder().decode(buffer.subarray(0, filled));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
