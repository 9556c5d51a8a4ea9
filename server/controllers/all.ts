import type { ResourceRow } from "../../api/schema/contract.ts";
import type { SecretTokenIssuer } from "../apiserver/contract.ts";
import type { ControllerFactory } from "./contract.ts";
import { bootstrapSigner } from "./bootstrap_tokens/signer.ts";
import { bootstrapTokenCleaner } from "./bootstrap_tokens/token_cleaner.ts";
import { certificateApprover, type ReservedNamesSource } from "./certificates/approver.ts";
import { certificateCleaner } from "./certificates/cleaner.ts";
import { certificateSigner, type SignRequest } from "./certificates/signer.ts";
import { clusterRoleAggregation } from "./clusterrole_aggregation/clusterrole_aggregation.ts";
import { cronJobController } from "./cronjob/cronjob.ts";
import { daemonSetController } from "./daemonset/daemonset.ts";
import { deploymentController } from "./deployment/deployment.ts";
import { disruptionController } from "./disruption/disruption.ts";
import { staleDisruptionController } from "./disruption/stale_target.ts";
import { endpointsController } from "./endpoints/endpoints.ts";
import { endpointSliceController } from "./endpoints/endpointslice.ts";
import { endpointSliceMirroringController } from "./endpoints/mirroring.ts";
import { garbageCollector } from "./garbage_collector/garbage_collector.ts";
import { jobController } from "./job/job.ts";
import { ttlAfterFinished } from "./job/ttl.ts";
import { namespaceController } from "./namespace/namespace.ts";
import { nodeIdentityController } from "./node_identity/node_identity.ts";
import { nodeIpam } from "./node_ipam/node_ipam.ts";
import { nodeLifecycle } from "./node_lifecycle/node_lifecycle.ts";
import { taintEviction } from "./node_lifecycle/taint_eviction.ts";
import { podGc } from "./pod_gc/pod_gc.ts";
import { replicaSetController } from "./replicaset/replicaset.ts";
import { replicationControllerController } from "./replicaset/replicationcontroller.ts";
import { resourceQuotaController } from "./resourcequota/resourcequota.ts";
import type { CaBundle } from "./serviceaccount/ca_bundle.ts";
import { serviceAccountController } from "./serviceaccount/default_account.ts";
import { legacyTokenCleaner } from "./serviceaccount/legacy_token_cleaner.ts";
import { legacyTokenTracking } from "./serviceaccount/legacy_token_tracking.ts";
import { rootCaController } from "./serviceaccount/root_ca.ts";
import { tokenSecretController } from "./serviceaccount/token_secret.ts";
import { ipAddressController } from "./servicecidrs/ip_addresses.ts";
import { serviceCIDRController } from "./servicecidrs/servicecidrs.ts";
import { statefulSetController } from "./statefulset/statefulset.ts";
import { attributesClassProtectionController } from "./volume_protection/attributes_class_protection.ts";
import { claimProtectionController } from "./volume_protection/claim_protection.ts";
import { volumeProtectionController } from "./volume_protection/volume_protection.ts";

/** What some controllers need beside their context. */
export interface ControllerInputs {
  /** The authorities by which Pods know the API server. */
  readonly caBundle: CaBundle;
  readonly tokenIssuer: SecretTokenIssuer;
  readonly signRequest: SignRequest;
  /** What no node may serve under. */
  readonly reservedNames: ReservedNamesSource;
  /** Network of all Pods, in prefix notation. */
  readonly clusterCidr: string;
  /** The served resources. */
  readonly resources: () => readonly ResourceRow[];
}

const certificateAccount = "certificate-controller";

/** A controller and the name under which its events come, which is upstream's. */
export type ControllerRow = readonly [
  component: string,
  make: ControllerFactory,
  /** The ServiceAccount in `kube-system` that it acts as, where what it writes takes rights of its own. */
  account?: string,
];

export function allControllers(
  { caBundle, tokenIssuer, signRequest, reservedNames, clusterCidr, resources }: ControllerInputs,
): readonly ControllerRow[] {
  return [
    ["namespace-controller", (context) => namespaceController(context, resources)],
    ["resourcequota-controller", (context) => resourceQuotaController(context, resources)],
    ["service-account-controller", serviceAccountController],
    ["root-ca-certificate-publisher", (context) => rootCaController(context, caBundle)],
    [
      "serviceaccount-token-controller",
      (context) => tokenSecretController(context, { tokenIssuer, caBundle }),
    ],
    ["deployment-controller", deploymentController],
    ["replicaset-controller", replicaSetController],
    ["replication-controller", replicationControllerController],
    ["daemonset-controller", daemonSetController],
    ["statefulset-controller", statefulSetController],
    ["job-controller", jobController],
    ["ttl-after-finished-controller", ttlAfterFinished],
    ["cronjob-controller", cronJobController],
    ["endpoint-controller", endpointsController],
    ["endpoint-slice-controller", endpointSliceController],
    ["endpoint-slice-mirroring-controller", endpointSliceMirroringController],
    ["garbage-collector-controller", garbageCollector],
    ["pod-garbage-collector-controller", podGc],
    ["node-controller", nodeLifecycle],
    ["cidrAllocator", (context) => nodeIpam(context, clusterCidr)],
    ["node-controller", nodeIdentityController],
    ["taint-eviction-controller", taintEviction],
    ["disruption-controller", (context) => disruptionController(context, resources)],
    ["disruption-controller", staleDisruptionController],
    ["pvc-protection-controller", claimProtectionController],
    ["pv-protection-controller", volumeProtectionController],
    ["volumeattributesclass-protection-controller", attributesClassProtectionController],
    ["service-cidrs-controller", serviceCIDRController],
    ["ip-address-controller", ipAddressController],
    ["clusterrole-aggregation-controller", clusterRoleAggregation, "clusterrole-aggregation-controller"],
    [
      "certificatesigningrequest-approving-controller",
      (context) => certificateApprover(context, reservedNames),
      certificateAccount,
    ],
    [
      "certificatesigningrequest-signing-controller",
      (context) => certificateSigner(context, signRequest),
      certificateAccount,
    ],
    ["certificatesigningrequest-cleaner-controller", certificateCleaner, certificateAccount],
    ["token-cleaner-controller", bootstrapTokenCleaner],
    ["bootstrap-signer-controller", bootstrapSigner],
    ["legacy-token-tracking-controller", legacyTokenTracking],
    ["legacy-serviceaccount-token-cleaner-controller", legacyTokenCleaner],
  ];
}
