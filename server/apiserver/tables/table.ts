import type { KubeObject } from "../../../api/resource.ts";
import type { ListMeta, Table, TableColumnDefinition, TableRow } from "../../../api/types/meta_v1.ts";
import { age, type Column, type ColumnTable, name } from "./column.ts";
import { admissionColumns } from "./admission.ts";
import { clusterColumns } from "./cluster.ts";
import { configurationColumns } from "./configuration.ts";
import { networkColumns } from "./network.ts";
import { podColumns } from "./pods.ts";
import { storageColumns } from "./storage.ts";
import { resourceColumns } from "./resource.ts";
import { scaleColumns, workloadColumns } from "./workloads.ts";

/** How much of each object goes along with its row. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  readonly includeObject: IncludeObject;
  /** Of the group meta.k8s.io; `v1` when absent. */
  readonly version?: "v1" | "v1beta1" | undefined;
}

const all: ColumnTable = {
  ...podColumns,
  ...workloadColumns,
  ...networkColumns,
  ...configurationColumns,
  ...storageColumns,
  ...clusterColumns,
  ...admissionColumns,
  ...resourceColumns,
};

const others: readonly Column[] = [name, age];

/** What a table is of: a resource, or one of its subresources, which may be of another kind. */
export interface TableSubject {
  readonly row: { readonly group: string; readonly resource: string; readonly kind: string };
  readonly subresource?: { readonly kind: string } | undefined;
}

/** The objects as the rows that `kubectl get` prints. */
export function tableOf(
  subject: TableSubject,
  objects: readonly KubeObject[],
  { includeObject, version = "v1" }: TableOptions,
  metadata: ListMeta,
  now = Date.now(),
): Table {
  const columns = columnsOf(subject) ?? others;
  const apiVersion = `meta.k8s.io/${version}`;
  return {
    kind: "Table",
    apiVersion,
    metadata,
    columnDefinitions: columns.map(definition),
    rows: objects.map((object): TableRow => ({
      cells: columns.map((column) => column.cell(object, now)),
      ...included(object, includeObject, apiVersion),
    })),
  };
}

function columnsOf({ row, subresource }: TableSubject): readonly Column[] | undefined {
  if (subresource === undefined || subresource.kind === row.kind) return all[`${row.group}/${row.resource}`];
  return subresource.kind === "Scale" ? scaleColumns : undefined;
}

function definition(column: Column): TableColumnDefinition {
  return {
    name: column.name,
    type: column.type ?? "string",
    format: column.format ?? (column.name === "Name" ? "name" : ""),
    description: "",
    priority: column.wide ? 1 : 0,
  };
}

function included(object: KubeObject, include: IncludeObject, apiVersion: string): { object?: unknown } {
  if (include === "None") return {};
  if (include === "Object") return { object };
  return { object: { kind: "PartialObjectMetadata", apiVersion, metadata: object.metadata } };
}
