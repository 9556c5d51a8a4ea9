import { canonicalQuantity } from "../meta/quantity.ts";
import type { FieldSchema, FieldType, Scalar } from "./contract.ts";
import { schema } from "./schema.ts";

type Json = Record<string, unknown>;

const apimachinery = "io.k8s.apimachinery.";

/** Go's names of fields that are not the JSON names with a capital letter. */
const goNames: Readonly<Record<string, string>> = {
  apiVersion: "APIVersion",
  awsElasticBlockStore: "AWSElasticBlockStore",
  cel: "CEL",
  cephfs: "CephFS",
  chapAuthDiscovery: "DiscoveryCHAPAuth",
  chapAuthSession: "SessionCHAPAuth",
  csi: "CSI",
  fc: "FC",
  fsType: "FSType",
  gcePersistentDisk: "GCEPersistentDisk",
  ips: "IPs",
  iqn: "IQN",
  iscsi: "ISCSI",
  iscsiInterface: "ISCSIInterface",
  nfs: "NFS",
  pdName: "PDName",
  rbd: "RBD",
  seLinuxOptions: "SELinuxOptions",
  storageos: "StorageOS",
  uid: "UID",
  wwids: "WWIDs",
};

/** The same for fields that have another name in one struct only. */
const structNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "io.k8s.api.resource.v1.DeviceAttribute": {
    int: "IntValue",
    bool: "BoolValue",
    string: "StringValue",
    version: "VersionValue",
    ints: "IntValues",
    bools: "BoolValues",
    strings: "StringValues",
    versions: "VersionValues",
  },
};

const zeros: Partial<Record<Scalar, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: "0",
};

/**
 * A value as kube-apiserver prints it in messages: its own structs have no JSON names, leave nothing out, hold metadata flat, and have their maps in
 * alphabetical order. Those of apimachinery (selectors, say) look as in JSON. `message` is an OpenAPI name of `schema`.
 */
export function goValue(message: string, value: unknown): unknown {
  return ofType({ is: "message", message }, value);
}

/** A map as Go prints it. */
export function goMap<V>(map: Readonly<Record<string, V>> | undefined): Record<string, V> | null {
  return map === undefined ? null : Object.fromEntries(Object.keys(map).sort().map((key) => [key, map[key]!]));
}

function ofType(type: FieldType, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  switch (type.is) {
    case "scalar":
      return type.scalar === "quantity" ? canonicalQuantity(value as string) : value;
    case "list":
      return (value as unknown[]).map((item) => ofType(type.of, item));
    case "map": {
      const map = goMap(value as Json)!;
      return Object.fromEntries(Object.entries(map).map(([key, item]) => [key, ofType(type.of, item)]));
    }
    case "message":
      return type.message.startsWith(apimachinery)
        ? fieldsOf(type.message, value as Json)
        : structOf(type.message, value as Json);
  }
}

/** As JSON has it, in the order of the struct. */
function fieldsOf(message: string, object: Json): Json {
  const shown: Json = {};
  for (const [name, { type }] of schema.message(message).fields) {
    if (object[name] !== undefined) shown[name] = ofType(type, object[name]);
  }
  return shown;
}

function structOf(message: string, object: Json): Json {
  const shown: Json = {};
  for (const [name, field] of schema.message(message).fields) {
    const { type } = field;
    if (name === "metadata" && type.is === "message") {
      Object.assign(shown, fieldsOf(type.message, object[name] as Json ?? {}));
    } else shown[structNames[message]?.[name] ?? goNames[name] ?? capital(name)] = fieldOf(field, object[name]);
  }
  return shown;
}

function fieldOf({ type, pointer }: FieldSchema, value: unknown): unknown {
  if (value !== undefined || pointer) return ofType(type, value);
  if (type.is === "message") return ofType(type, {});
  return type.is === "scalar" ? zeros[type.scalar] ?? null : null;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
