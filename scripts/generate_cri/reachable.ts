import type { IEnum, INamespace, IService, IType } from "protobufjs";

type Nested = NonNullable<INamespace["nested"]>;

/**
 * The part of a namespace that the named methods reach: their services with these methods only, every message and enum that their
 * requests and responses hold, and of a field its type, number, rule and key type. Throws `RangeError` for a method that is not there.
 */
export function reachable(api: INamespace, methods: Readonly<Record<string, readonly string[]>>): INamespace {
  const all = api.nested ?? {};
  const kept: Nested = {};
  const queue: string[] = [];
  for (const [name, wanted] of Object.entries(methods)) {
    const service = all[name] as IService | undefined;
    const chosen: IService["methods"] = {};
    for (const method of wanted) {
      const found = service?.methods[method];
      if (!found) throw new RangeError(`no method ${name}.${method} in this version of the API`);
      chosen[method] = found;
      queue.push(found.requestType, found.responseType);
    }
    kept[name] = { methods: chosen };
  }
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name in kept || !(name in all)) continue;
    const found = all[name] as IType | IEnum;
    if ("values" in found) {
      kept[name] = { values: found.values };
      continue;
    }
    const fields: IType["fields"] = {};
    for (const [field, { type, id, rule, ...rest }] of Object.entries(found.fields)) {
      const key = (rest as { keyType?: string }).keyType;
      fields[field] = { type, id, ...(rule ? { rule } : {}), ...(key ? { keyType: key } : {}) };
      queue.push(type);
    }
    kept[name] = { fields, ...(found.nested ? { nested: found.nested } : {}) };
  }
  return { nested: Object.fromEntries(Object.entries(kept).sort(([a], [b]) => a < b ? -1 : 1)) };
}
