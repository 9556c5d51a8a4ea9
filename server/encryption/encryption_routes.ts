import { badRequest } from "../../api/status.ts";
import { send } from "../apiserver/http/answer.ts";
import { readBody } from "../apiserver/http/body.ts";
import type { PathRoute } from "../apiserver/http/handler.ts";
import { mastersOnly } from "../snapshots/maintenance_routes.ts";
import { type Encryption, type EncryptionStep, encryptionSteps } from "./encryption.ts";
import { EncryptionError } from "./error.ts";

/** GET tells the status, POST takes a step: `{"step": "rotate-keys"}`. Both answer an EncryptionStatus. For `system:masters` alone. */
export const ENCRYPTION_PATH = "/debug/skiff/encryption";

export function encryptionRoutes(encryption: Encryption): ReadonlyMap<string, PathRoute> {
  return new Map([[
    ENCRYPTION_PATH,
    mastersOnly(async (call) => {
      const status = call.info.verb === "get"
        ? await encryption.status()
        : await run(encryption, stepOf(new TextDecoder().decode(await readBody(call.request))));
      return send(call, 200, "application/json", JSON.stringify(status));
    }, ["get", "post"]),
  ]]);
}

function stepOf(body: string): EncryptionStep {
  let step: unknown;
  try {
    ({ step } = JSON.parse(body));
  } catch {
    throw badRequest("the body is no JSON object");
  }
  const found = encryptionSteps.find((known) => known === step);
  if (found !== undefined) return found;
  throw badRequest(`the step ${JSON.stringify(step)} is not one of ${encryptionSteps.join(", ")}`);
}

async function run(encryption: Encryption, step: EncryptionStep) {
  try {
    return await encryption.run(step);
  } catch (error) {
    if (error instanceof EncryptionError) throw badRequest(error.message);
    throw error;
  }
}
