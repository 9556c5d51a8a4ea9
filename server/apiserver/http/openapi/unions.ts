const core = "io.k8s.api.core.v1";
const flowcontrol = "io.k8s.api.flowcontrol.v1";

/** The structs of whose fields one is set, as upstream marks them: the field that says which, if one does, and the fields. */
const unions: Readonly<Record<string, readonly [discriminator: string | undefined, ...fields: string[]]>> = {
  [`${core}.AppArmorProfile`]: ["type", "localhostProfile"],
  [`${core}.PodSchedulingGroup`]: [undefined, "podGroupName"],
  [`${core}.SeccompProfile`]: ["type", "localhostProfile"],
  [`${flowcontrol}.LimitResponse`]: ["type", "queuing"],
  [`${flowcontrol}.PriorityLevelConfigurationSpec`]: ["type", "exempt", "limited"],
  [`${flowcontrol}.Subject`]: ["kind", "group", "serviceAccount", "user"],
};

/** The value of `x-kubernetes-unions`; undefined for most messages. */
export function unionsOf(message: string): unknown {
  const [discriminator, ...fields] = unions[message] ?? [];
  if (fields.length === 0) return undefined;
  const named = fields.map((field) => [field, field.slice(0, 1).toUpperCase() + field.slice(1)]);
  return [{ ...(discriminator && { discriminator }), "fields-to-discriminateBy": Object.fromEntries(named) }];
}
