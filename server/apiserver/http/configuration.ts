import { findDuplicates } from "../../../api/codec/json_scan.ts";
import { DecodeError, type Problem } from "../../../api/codec/problem.ts";
import type { YAMLValue } from "../../../api/codec/yaml.ts";
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
  const said = duplicates.map(alreadySet);
  if (said.length > 0 && validation === "Strict") {
    const errors = said.map((text) => `\n  ${text}`).join("");
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:${errors}`);
  }
  if (validation === "Warn") { for (const text of said) call.warn(text); }
  if (typeof value === "object" && !Array.isArray(value)) return value;
  throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${notAnObject(value)}`);
}

/** A key that YAML has twice, in the words of upstream's parser. */
export function alreadySet({ path, position }: Problem): string {
  return `line ${position?.line ?? 1}: key ${JSON.stringify(path.at(-1))} already set in map`;
}

/** Clients mostly send JSON, which is YAML too. Undefined for a text that is none, or has a key twice: YAML's parser knows the lines. */
function parseJSON(text: string): YAMLValue | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value = JSON.parse(text);
    return findDuplicates(text).length > 0 ? undefined : { value, duplicates: [] };
  } catch {
    return undefined;
  }
}

async function parseOneYAML(text: string): Promise<YAMLValue> {
  const { parseFirstYAML } = await import("../../../api/codec/yaml.ts");
  try {
    return parseFirstYAML(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (error.reason === "TooLarge") throw requestEntityTooLarge(error.message);
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}
