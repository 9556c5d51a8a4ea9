import {
  certificateApproval,
  certificateRequester,
  certificateSigning,
  certificateSubjectRestriction,
} from "./certificates.ts";
import type { AdmissionPlugin } from "./contract.ts";
import { persistentVolumeClaimResize } from "./claim_resize.ts";
import type { AdmissionConfiguration } from "./configuration.ts";
import { defaultIngressClass } from "./default_ingress_class.ts";
import { defaultStorageClass } from "./default_storage_class.ts";
import { defaultTolerationSeconds } from "./default_toleration_seconds.ts";
import { deviceAccess } from "./device_access.ts";
import { limitRanger } from "./limit_ranger.ts";
import { namespaceLifecycle } from "./namespace_lifecycle.ts";
import { nodeRestriction } from "./node_restriction/node_restriction.ts";
import { defaultPodSecurity } from "./pod_security/configuration.ts";
import { createPodSecurity } from "./pod_security/pod_security.ts";
import { podResizeValidator } from "./pod_resize.ts";
import { podTopologyLabels } from "./pod_topology_labels.ts";
import { policyParams } from "./policy_params.ts";
import { priority } from "./priority.ts";
import { createResourceQuota } from "./resource_quota/resource_quota.ts";
import { roleEscalation } from "./role_escalation.ts";
import { runtimeClass } from "./runtime_class.ts";
import { serviceAccount } from "./service_account.ts";
import { storageObjectInUseProtection } from "./storage_protection.ts";
import { taintNodesByCondition } from "./taint_nodes.ts";

/** In the order in which they run, which is upstream's. */
export function admissionPlugins(configuration: AdmissionConfiguration = {}): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount,
    nodeRestriction,
    taintNodesByCondition,
    createPodSecurity(configuration.podSecurity ?? defaultPodSecurity),
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    podTopologyLabels,
    podResizeValidator,
    certificateRequester,
    certificateApproval,
    certificateSigning,
    certificateSubjectRestriction,
    defaultIngressClass,
    roleEscalation,
    policyParams,
    deviceAccess,
    createResourceQuota(configuration.limitedResources),
  ];
}
