import type { AdmissionPlugin } from "./contract.ts";
import { defaultTolerationSeconds } from "./default_toleration_seconds.ts";
import { namespaceLifecycle } from "./namespace_lifecycle.ts";
import { priority } from "./priority.ts";
import { serviceAccount } from "./service_account.ts";

/** In the order in which they run. */
export const admissionPlugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  serviceAccount,
  priority,
  defaultTolerationSeconds,
];
