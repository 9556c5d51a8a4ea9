import { autoscalerStrategy } from "./autoscaler.ts";
import { certificateSigningRequestStrategy } from "./certificate_signing_request.ts";
import { configMapStrategy } from "./config_map.ts";
import {
  mutatingPolicyBindingStrategy,
  mutatingPolicyStrategy,
  validatingPolicyBindingStrategy,
  validatingPolicyStrategy,
} from "./admission_policies.ts";
import { controllerRevisionStrategy } from "./controller_revision.ts";
import { cronJobStrategy } from "./cron_job.ts";
import { csiDriverStrategy, csiNodeStrategy, csiStorageCapacityStrategy, volumeAttachmentStrategy } from "./csi.ts";
import { daemonSetStrategy } from "./daemon_set.ts";
import { deploymentStrategy } from "./deployment.ts";
import {
  deviceClassStrategy,
  resourceClaimStrategy,
  resourceClaimTemplateStrategy,
  resourceSliceStrategy,
} from "./devices.ts";
import { endpointSliceStrategy } from "./endpoint_slice.ts";
import { endpointsStrategy } from "./endpoints.ts";
import { eventStrategy } from "./event.ts";
import { flowSchemaStrategy } from "./flow_schema.ts";
import { ingressStrategy } from "./ingress.ts";
import { ingressClassStrategy } from "./ingress_class.ts";
import { jobStrategy } from "./job.ts";
import { limitRangeStrategy } from "./limit_range.ts";
import { namespaceStrategy } from "./namespace.ts";
import { networkPolicyStrategy } from "./network_policy.ts";
import { nodeStrategy } from "./node.ts";
import { persistentVolumeStrategy } from "./persistent_volume.ts";
import { persistentVolumeClaimStrategy } from "./persistent_volume_claim.ts";
import { podStrategy } from "./pod.ts";
import { podTemplateStrategy } from "./pod_template.ts";
import { priorityLevelConfigurationStrategy } from "./priority_level.ts";
import { clusterRoleStrategy, roleBindingStrategy, roleStrategy } from "./rbac.ts";
import { replicaSetStrategy } from "./replica_set.ts";
import { replicationControllerStrategy } from "./replication_controller.ts";
import { resourceQuotaStrategy } from "./resource_quota.ts";
import { runtimeClassStrategy } from "./runtime_class.ts";
import { leaseStrategy, podDisruptionBudgetStrategy, priorityClassStrategy } from "./scheduling.ts";
import { secretStrategy } from "./secret.ts";
import { ipAddressStrategy, serviceCIDRStrategy } from "./service_cidr.ts";
import { serviceAccountStrategy } from "./service_account.ts";
import { serviceStrategy } from "./service.ts";
import { statefulSetStrategy } from "./stateful_set.ts";
import { storageClassStrategy, volumeAttributesClassStrategy } from "./storage.ts";
import type { Strategy } from "./strategy.ts";
import { mutatingWebhookStrategy, validatingWebhookStrategy } from "./webhooks.ts";

/** By `group/resource`. A resource that is not here has a strategy of no surprises. */
export const strategies: Readonly<Record<string, Strategy>> = {
  "/configmaps": configMapStrategy,
  "/endpoints": endpointsStrategy,
  "/events": eventStrategy,
  "/limitranges": limitRangeStrategy,
  "/namespaces": namespaceStrategy,
  "/nodes": nodeStrategy,
  "/persistentvolumeclaims": persistentVolumeClaimStrategy,
  "/persistentvolumes": persistentVolumeStrategy,
  "/pods": podStrategy,
  "/podtemplates": podTemplateStrategy,
  "/replicationcontrollers": replicationControllerStrategy,
  "/resourcequotas": resourceQuotaStrategy,
  "/secrets": secretStrategy,
  "/serviceaccounts": serviceAccountStrategy,
  "/services": serviceStrategy,
  "admissionregistration.k8s.io/mutatingadmissionpolicies": mutatingPolicyStrategy,
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": mutatingPolicyBindingStrategy,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": mutatingWebhookStrategy,
  "admissionregistration.k8s.io/validatingadmissionpolicies": validatingPolicyStrategy,
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": validatingPolicyBindingStrategy,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": validatingWebhookStrategy,
  "apps/controllerrevisions": controllerRevisionStrategy,
  "apps/daemonsets": daemonSetStrategy,
  "apps/deployments": deploymentStrategy,
  "apps/replicasets": replicaSetStrategy,
  "apps/statefulsets": statefulSetStrategy,
  "autoscaling/horizontalpodautoscalers": autoscalerStrategy,
  "batch/cronjobs": cronJobStrategy,
  "batch/jobs": jobStrategy,
  "certificates.k8s.io/certificatesigningrequests": certificateSigningRequestStrategy,
  "coordination.k8s.io/leases": leaseStrategy,
  "discovery.k8s.io/endpointslices": endpointSliceStrategy,
  "flowcontrol.apiserver.k8s.io/flowschemas": flowSchemaStrategy,
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": priorityLevelConfigurationStrategy,
  "networking.k8s.io/ingressclasses": ingressClassStrategy,
  "networking.k8s.io/ingresses": ingressStrategy,
  "networking.k8s.io/ipaddresses": ipAddressStrategy,
  "networking.k8s.io/networkpolicies": networkPolicyStrategy,
  "networking.k8s.io/servicecidrs": serviceCIDRStrategy,
  "node.k8s.io/runtimeclasses": runtimeClassStrategy,
  "policy/poddisruptionbudgets": podDisruptionBudgetStrategy,
  "rbac.authorization.k8s.io/clusterrolebindings": roleBindingStrategy,
  "rbac.authorization.k8s.io/clusterroles": clusterRoleStrategy,
  "rbac.authorization.k8s.io/rolebindings": roleBindingStrategy,
  "rbac.authorization.k8s.io/roles": roleStrategy,
  "resource.k8s.io/deviceclasses": deviceClassStrategy,
  "resource.k8s.io/resourceclaims": resourceClaimStrategy,
  "resource.k8s.io/resourceclaimtemplates": resourceClaimTemplateStrategy,
  "resource.k8s.io/resourceslices": resourceSliceStrategy,
  "scheduling.k8s.io/priorityclasses": priorityClassStrategy,
  "storage.k8s.io/csidrivers": csiDriverStrategy,
  "storage.k8s.io/csinodes": csiNodeStrategy,
  "storage.k8s.io/csistoragecapacities": csiStorageCapacityStrategy,
  "storage.k8s.io/storageclasses": storageClassStrategy,
  "storage.k8s.io/volumeattachments": volumeAttachmentStrategy,
  "storage.k8s.io/volumeattributesclasses": volumeAttributesClassStrategy,
};
