import type { ResourceClaim, ResourceSlice } from "../../../api/types/resource_v1.ts";
import { age, columns, type ColumnTable, name } from "./column.ts";

export const resourceColumns: ColumnTable = {
  "resource.k8s.io/resourceclaims": columns<ResourceClaim>(name, { name: "State", cell: claimState }, age),
  "resource.k8s.io/resourceslices": columns<ResourceSlice>(
    name,
    { name: "Node", cell: ({ spec }) => spec.nodeName ?? "" },
    { name: "Driver", cell: ({ spec }) => spec.driver },
    { name: "Pool", cell: ({ spec }) => spec.pool?.name ?? "" },
    age,
  ),
};

function claimState({ metadata, status }: ResourceClaim): string {
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const states = isDeleted ? ["deleted"] : [];
  if (status?.allocation) states.push("allocated", ...status.reservedFor?.length ? ["reserved"] : []);
  else if (!isDeleted) states.push("pending");
  return states.join(",");
}
