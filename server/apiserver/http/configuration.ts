import { findDuplicates } from "../../../api/codec/json_scan.ts";
import { DecodeError, type Problem } from "../../../api/codec/problem.ts";
import { notAnObject } from "../../../api/codec/json_fault.ts";
import { badRequest, requestEntityTooLarge } from "../../../api/status.ts";
import type { FieldValidation } from "../contract.ts";
import type { Call } from "./call.ts";

/**
 * The configuration in the body of a server-side apply, YAML or JSON, as it is written: zero values and nulls in it are wishes, too. Duplicate
 * fields are refused, warned of or left to the last one, as `validation` says. What the schema does not know is refused by who applies it.
 */
export async function parseConfiguration(
  call: Pick<Call, "warn">,
  text: string,
  validation: FieldValidation,
): Promise<unknown> {
  const { value, duplicates } = parseJSON(text) ?? await parseOneYAML(text);
  if (duplicates.length > 0 && validation === "Strict") {
    throw badRequest(`error strict decoding YAML: ${duplicates.map(({ message }) => message).join(", ")}`);
  }
  if (validation === "Warn") { for (const { message } of duplicates) call.warn(message); }
  if (typeof value === "object" && !Array.isArray(value)) return value;
  throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${notAnObject(value)}`);
}

interface Parsed {
  readonly value: unknown;
  readonly duplicates: readonly Problem[];
}

/** Clients mostly send JSON, which is YAML too. Undefined for a text that is none. */
function parseJSON(text: string): Parsed | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text), duplicates: findDuplicates(text) };
  } catch {
    return undefined;
  }
}

async function parseOneYAML(text: string): Promise<Parsed> {
  const { parseFirstYAML } = await import("../../../api/codec/yaml.ts");
  try {
    return parseFirstYAML(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (error.reason === "TooLarge") throw requestEntityTooLarge(error.message);
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}
