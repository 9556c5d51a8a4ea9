import { clusterRoleRules } from "../../rbac/bootstrap/cluster_roles.ts";
import { policyRule } from "../../rbac/bootstrap/rule_row.ts";
import { ruleAllows } from "../../rbac/rules.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "../authorizer.ts";
import type { NodeGraph } from "./node_graph.ts";
import type { UserInfo } from "../../contract.ts";
import { nodeNameOf, nodesGroup } from "./node_identity.ts";

/** One request of a node about a resource. */
interface Asked {
  readonly node: string;
  readonly verb: string;
  readonly resource: NonNullable<AuthorizationAttributes["resource"]>;
  readonly graph: NodeGraph;
}

type Rule = (asked: Asked) => Decision | Promise<Decision>;

const allowed: Decision = { allowed: true };
const noOpinion: Decision = { allowed: false };

/**
 * What nodes may do: their own Node, Lease and CSINode, the Pods that run on them, and what these Pods need. What the requested object says is
 * NodeRestriction's matter. A refusal leaves it to the roles that the node has beside.
 */
export function nodeAuthorizer(graph: NodeGraph): Authorizer {
  const rules = clusterRoleRules["system:node"]!.map(policyRule);
  return {
    authorize(attributes) {
      const node = nodeNameOf(attributes.user);
      if (node === undefined) return isNamelessNode(attributes.user) ? refuse(namelessNode) : noOpinion;
      const { resource, verb } = attributes;
      const rule = resource && special.get(`${resource.group}/${resource.resource}`);
      if (rule) return rule({ node, verb, resource, graph });
      return rules.some((one) => ruleAllows(one, attributes)) ? allowed : noOpinion;
    },
  };
}

const namelessNode = 'unknown node for user "system:node:"';

/** One whose certificate says that it is a node, though not which one. */
function isNamelessNode({ name, groups }: UserInfo): boolean {
  return name === "system:node:" && groups.includes(nodesGroup);
}

const reads = new Set(["get", "list", "watch"]);
const ownVerbs = new Set(["get", "create", "update", "patch", "delete"]);

/** The resources of which a node may see or change only some, by `group/resource`. */
const special: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [
    "/secrets",
    (asked) =>
      readInNamespace(
        asked,
        ({ graph, node, resource: { namespace, name } }) => graph.needsSecret(node, namespace, name),
      ),
  ],
  ["/configmaps", (asked) => readInNamespace(asked, referred)],
  ["/persistentvolumeclaims", claims],
  [
    "/persistentvolumes",
    (asked) => getOne(asked, ({ graph, node, resource: { name } }) => graph.needsVolume(node, name)),
  ],
  ["resource.k8s.io/resourceclaims", (asked) => getOne(asked, referred)],
  [
    "storage.k8s.io/volumeattachments",
    (asked) => getOne(asked, ({ graph, node, resource: { name } }) => graph.attaches(node, name)),
  ],
  ["/serviceaccounts", serviceAccounts],
  ["coordination.k8s.io/leases", leases],
  ["storage.k8s.io/csinodes", csiNodes],
  ["resource.k8s.io/resourceslices", resourceSlices],
  ["/nodes", nodes],
  ["/pods", pods],
]);

function refuse(reason: string): Decision {
  return { allowed: false, reason };
}

function referred({ graph, node, resource: { resource, namespace, name } }: Asked): Promise<boolean> {
  return graph.refers(node, resource, namespace, name);
}

async function related(asked: Asked, check: (asked: Asked) => Promise<boolean>): Promise<Decision> {
  if (asked.resource.name === "") return refuse("No Object name found");
  if (await check(asked)) return allowed;
  return refuse(`no relationship found between node '${asked.node}' and this object`);
}

function readInNamespace(asked: Asked, check: (asked: Asked) => Promise<boolean>): Decision | Promise<Decision> {
  if (!reads.has(asked.verb)) return refuse("can only read resources of this type");
  if (asked.resource.subresource !== "") return refuse("cannot read subresource");
  if (asked.resource.namespace === "") return refuse("can only read namespaced object of this type");
  return related(asked, check);
}

function getOne(asked: Asked, check: (asked: Asked) => Promise<boolean>): Decision | Promise<Decision> {
  if (asked.verb !== "get") return refuse("can only get individual resources of this type");
  if (asked.resource.subresource !== "") return refuse("cannot get subresource");
  return related(asked, check);
}

function claims(asked: Asked): Decision | Promise<Decision> {
  const { verb, resource: { subresource } } = asked;
  if (subresource !== "status") return getOne(asked, referred);
  if (verb !== "update" && verb !== "patch") return refuse("can only get/update/patch this type");
  return related(asked, referred);
}

function serviceAccounts(asked: Asked): Decision | Promise<Decision> {
  const { verb, resource: { name, subresource } } = asked;
  if (verb === "get" && subresource === "") return readInNamespace(asked, referred);
  if (verb !== "create" || name === "") return refuse("can only create tokens for individual service accounts");
  if (subresource !== "token") return refuse("can only create token subresource of serviceaccount");
  return related(asked, referred);
}

function leases({ verb, node, resource: { namespace, name } }: Asked): Decision {
  if (!ownVerbs.has(verb)) return refuse("can only get, create, update, patch, or delete a node lease");
  if (namespace !== "kube-node-lease") {
    return refuse('can only access leases in the "kube-node-lease" system namespace');
  }
  // The name of a new one is not in the URL.
  if (verb !== "create" && name !== node) {
    return refuse("can only access node lease with the same name as the requesting node");
  }
  return allowed;
}

function csiNodes({ verb, node, resource: { name, subresource } }: Asked): Decision {
  if (!ownVerbs.has(verb)) return refuse("can only get, create, update, patch, or delete a CSINode");
  if (subresource !== "") return refuse("cannot authorize CSINode subresources");
  if (verb !== "create" && name !== node) {
    return refuse("can only access CSINode with the same name as the requesting node");
  }
  return allowed;
}

const sliceVerbs =
  "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection";

function resourceSlices(asked: Asked): Decision | Promise<Decision> {
  const { verb, node, graph, resource: { subresource, name } } = asked;
  if (subresource !== "") return refuse("cannot authorize ResourceSlice subresources");
  if (verb === "create") return allowed;
  if (verb === "get" || verb === "update" || verb === "patch" || verb === "delete") {
    return related(asked, () => graph.ownsSlice(node, name));
  }
  if (!reads.has(verb) && verb !== "deletecollection") return refuse(sliceVerbs);
  return selects(asked, "spec.nodeName")
    ? allowed
    : refuse("can only list/watch/deletecollection resourceslices with nodeName field selector");
}

function nodes({ verb, node, resource: { name, subresource } }: Asked): Decision {
  if (subresource === "status") return verb === "update" || verb === "patch" ? allowed : noOpinion;
  if (subresource !== "") return noOpinion;
  if (verb === "create" || verb === "update" || verb === "patch") return allowed;
  if (!reads.has(verb)) return noOpinion;
  if (name === node) return allowed;
  const which = name === "" ? "all nodes" : `'${name}'`;
  return refuse(`node '${node}' cannot read ${which}, only its own Node object`);
}

/** The verbs on Pods and their subresources that NodeRestriction narrows to the node's own. */
const podVerbs: Readonly<Record<string, ReadonlySet<string>>> = {
  "": new Set(["create", "delete"]),
  status: new Set(["update", "patch"]),
  eviction: new Set(["create"]),
};

function pods(asked: Asked): Decision | Promise<Decision> {
  const { verb, resource: { name, subresource } } = asked;
  if (Object.hasOwn(podVerbs, subresource) && podVerbs[subresource]!.has(verb)) return allowed;
  if (subresource !== "" || !reads.has(verb)) return noOpinion;
  if (verb !== "get" && selects(asked, "spec.nodeName")) return allowed;
  if (name !== "" || verb === "get") return related(asked, referred);
  return refuse("can only list/watch pods with spec.nodeName field selector");
}

/** Whether the request is about the objects alone whose field is the node's name. */
function selects({ node, resource: { fieldSelector = [] } }: Asked, field: string): boolean {
  return fieldSelector.some((term) => term.field === field && term.value === node && !term.negated);
}
