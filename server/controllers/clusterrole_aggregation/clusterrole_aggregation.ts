import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { clusterroles } from "../../../api/resources.ts";
import { aggregatedRules } from "../../apiserver/rbac/aggregate.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";

/** Gives ClusterRoles with an aggregation rule the rules of all that its selectors find. */
export function clusterRoleAggregation(context: ControllerContext): Controller {
  const roles = context.informers.informer(clusterroles);
  return {
    name: "clusterrole-aggregation",
    concurrency: 1,
    setup(enqueue) {
      // Which roles one belongs to depends on its labels, now and before: there are few that aggregate, so all are looked at.
      roles.onChange(() => {
        for (const { metadata, aggregationRule } of roles.list()) if (aggregationRule) enqueue(metadata.name ?? "");
      });
    },
    async reconcile(name, signal) {
      const role = roles.get(name);
      if (role?.aggregationRule === undefined) return DONE;
      const rules = aggregatedRules(role.aggregationRule, name, roles.list());
      if (deepEqual(rules, role.rules ?? [])) return DONE;
      await context.client.patch(clusterroles, { name }, { type: "merge", patch: { rules } }, {
        fieldManager: "clusterrole-aggregation-controller",
        signal,
      });
      return DONE;
    },
  };
}
