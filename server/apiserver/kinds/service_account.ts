import type { ServiceAccount } from "../../../api/types/core_v1.ts";
import type { Strategy } from "./strategy.ts";

export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  prepareForCreate: nameSecretsOnly,
  prepareForUpdate: nameSecretsOnly,
};

/** Secrets of an account are in its namespace: of a reference nothing counts but the name. */
function nameSecretsOnly(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => name === undefined ? {} : { name });
}
