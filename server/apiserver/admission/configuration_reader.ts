/** A configuration that cannot be read. The message says where, what is there and what should be. */
export class AdmissionConfigurationError extends Error {
  readonly reason = "InvalidAdmissionConfiguration";

  constructor(message: string) {
    super(message);
    this.name = "AdmissionConfigurationError";
  }
}

/** One object of a parsed configuration, read strictly: unknown fields and wrong types are errors that name their place. */
export class ConfigurationReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /** Takes nothing at all for an empty object. `document`: what the whole is called. */
  constructor(value: unknown, path: string, document = "the admission configuration") {
    this.#path = path;
    if (value !== undefined && value !== null && (typeof value !== "object" || Array.isArray(value))) {
      throw new AdmissionConfigurationError(`${path || document} is ${shown(value)}, not a map`);
    }
    this.#fields = (value ?? {}) as Record<string, unknown>;
  }

  error(field: string, what: string): AdmissionConfigurationError {
    return new AdmissionConfigurationError(`${this.#at(field)} ${what}`);
  }

  allow(...fields: readonly string[]): void {
    const unknown = Object.keys(this.#fields).find((field) => !fields.includes(field));
    if (unknown !== undefined) throw this.error(unknown, `is not known here; there are ${fields.join(", ")}`);
  }

  requireKind(apiVersion: string, kind: string): void {
    if (this.text("kind") !== kind) throw this.error("kind", `is ${shown(this.#fields["kind"])}, not ${kind}`);
    if (this.text("apiVersion") !== apiVersion) {
      throw this.error("apiVersion", `is ${shown(this.#fields["apiVersion"])}, not ${apiVersion}`);
    }
  }

  /** Without a fallback the text must be there. */
  text(field: string, fallback?: string): string {
    const value = this.#fields[field] ?? fallback;
    if (value === undefined) throw this.error(field, "is missing");
    if (typeof value !== "string") throw this.error(field, `is ${shown(value)}, not a text`);
    return value;
  }

  /** Whether the field is there at all. */
  has(field: string): boolean {
    return this.#fields[field] !== undefined && this.#fields[field] !== null;
  }

  flag(field: string): boolean {
    const value = this.#fields[field] ?? false;
    if (typeof value !== "boolean") throw this.error(field, `is ${shown(value)}, neither true nor false`);
    return value;
  }

  /** The field's whole path, for errors that come later. */
  place(field: string): string {
    return this.#at(field);
  }

  texts(field: string): readonly string[] {
    return this.#list(field).map((value, i) => {
      if (typeof value !== "string") throw this.error(`${field}[${i}]`, `is ${shown(value)}, not a text`);
      return value;
    });
  }

  child(field: string): ConfigurationReader {
    return new ConfigurationReader(this.#fields[field], this.#at(field));
  }

  items(field: string): readonly ConfigurationReader[] {
    return this.#list(field).map((value, i) => new ConfigurationReader(value, this.#at(`${field}[${i}]`)));
  }

  #list(field: string): readonly unknown[] {
    const value = this.#fields[field] ?? [];
    if (!Array.isArray(value)) throw this.error(field, `is ${shown(value)}, not a list`);
    return value;
  }

  #at(field: string): string {
    return this.#path === "" ? field : `${this.#path}.${field}`;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
