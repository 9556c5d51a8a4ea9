import {
  framed,
  frameOf,
  type ManagedRecord,
  type ManagedRecords,
  type ManagerIdentity,
  noRecords,
} from "../../../api/patch/apply/managers.ts";

/** Texts that are kept once. When there are too many, those in use stay with who has them, and new ones are gathered. */
class TextPool {
  readonly #texts = new Map<string, string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#limit) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

const fieldTexts = new TextPool(2048);
const times = new TextPool(64);
const identities = new Map<string, SharedIdentity>();
const identitiesLimit = 1024;

/** Keys of list elements that are other ones in each object, such as a Pod's address and its owner: the rest of a field set is shared. */
const ownKeys = /k:\{\\"(?:ip|uid)\\":\\"([^"\\]*)\\"\}/g;
const mark = "\0";

interface SharedIdentity {
  readonly identity: ManagerIdentity;
  /** Of the entry's JSON text. */
  readonly frame: readonly [string, string];
}

/** One entry: `fields` has a mark for each of `values`. */
interface PackedRecord {
  readonly shared: SharedIdentity;
  readonly time: string | undefined;
  readonly fields: string;
  readonly values: string | undefined;
}

/**
 * The managedFields of a stored object, apart from it: they are longer than many an object, nobody in this process reads them, and
 * the objects of one kind mostly have the same ones. Texts that others have too are shared with them.
 */
export class PackedManagers {
  readonly #records: readonly PackedRecord[];

  private constructor(records: readonly PackedRecord[]) {
    this.#records = records;
  }

  /** Undefined for an object that is not tracked. */
  static of(records: ManagedRecords): PackedManagers | undefined {
    return records.length === 0 ? undefined : new PackedManagers(records.map(pack));
  }

  static unpack(packed: PackedManagers | undefined): ManagedRecords {
    return packed === undefined ? noRecords : packed.#records.map(unpack);
  }

  /** The value of `metadata.managedFields`. */
  json(): string {
    let text = "[";
    for (const { shared, time, fields, values } of this.#records) {
      text += `${text === "[" ? "" : ","}${framed(shared.frame, time, filled(fields, values))}`;
    }
    return `${text}]`;
  }
}

function pack(record: ManagedRecord): PackedRecord {
  const values: string[] = [];
  const { fields } = record;
  const template = fields.includes('\\"ip\\"') || fields.includes('\\"uid\\"')
    ? fields.replace(ownKeys, (key, value: string) => {
      values.push(value);
      return key.replace(value, mark);
    })
    : fields;
  return {
    shared: sharedIdentity(record),
    time: record.time === undefined ? undefined : times.share(record.time),
    fields: fieldTexts.share(template),
    values: values.length === 0 ? undefined : values.join(mark),
  };
}

function unpack({ shared, time, fields, values }: PackedRecord): ManagedRecord {
  return { ...shared.identity, time, fields: filled(fields, values) };
}

function filled(template: string, values: string | undefined): string {
  if (values === undefined) return template;
  const parts = values.split(mark);
  let next = 0;
  return template.split(mark).reduce((text, part) => text + parts[next++] + part);
}

function sharedIdentity({ manager, operation, apiVersion, subresource }: ManagedRecord): SharedIdentity {
  const key = `${manager}${mark}${operation}${mark}${apiVersion}${mark}${subresource}`;
  let shared = identities.get(key);
  if (shared === undefined) {
    const identity = { manager, operation, apiVersion, subresource };
    shared = { identity, frame: frameOf(identity) };
    if (identities.size >= identitiesLimit) identities.clear();
    identities.set(key, shared);
  }
  return shared;
}
