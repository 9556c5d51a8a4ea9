import { scalarTypes, wrong } from "../../codec/scalars.ts";
import type { Scalar } from "../../schema/contract.ts";
import { isObject, type JsonObject, setField } from "../_json.ts";
import { typeUnder } from "./atom.ts";
import { ElementError, elementOf } from "./list_elements.ts";
import { fieldElement, formatElement, formatPath, type PathElement } from "./path_element.ts";
import type { ListNode, MapNode, TypeNode } from "./type_node.ts";

/** More are not reported. */
const maxErrors = 20;

interface TypedConfiguration {
  /** With quantities and times in the form in which the API keeps them; zero values and nulls stay, as their applier wants them. */
  readonly value: unknown;
  /** Upstream's words: `.spec.foo: field not declared in schema`. */
  readonly errors: readonly string[];
}

/** Looks whether a configuration is of a type. */
export function typedConfiguration(type: TypeNode, value: unknown): TypedConfiguration {
  const typer = new Typer();
  return { value: typer.value(type, value), errors: typer.errors };
}

class Typer {
  readonly errors: string[] = [];
  readonly #path: PathElement[] = [];

  value(type: TypeNode, value: unknown): unknown {
    if (value === null) return null;
    switch (type.is) {
      case "any":
        return value;
      case "scalar":
        return this.#scalar(type.scalar, value);
      case "map":
        return isObject(value) ? this.#map(type, value) : this.#refuse("expected map", value);
      case "list":
        return Array.isArray(value) ? this.#list(type, value) : this.#refuse("expected list", value);
    }
  }

  #map(type: MapNode, value: JsonObject): unknown {
    const typed: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const content = typeUnder(type, key);
      this.#path.push(fieldElement(key));
      if (content === undefined) this.#report("field not declared in schema");
      else setField(typed, key, this.value(content, value[key]));
      this.#path.pop();
    }
    return typed;
  }

  #list(type: ListNode, value: readonly unknown[]): unknown {
    const seen = new Set<PathElement>();
    return value.map((item, index) => {
      const element = type.relation === "atomic" ? `i:${index}` : this.#element(type, item, index);
      if (element === undefined) return item;
      if (seen.has(element)) this.#report(`duplicate entries for key ${formatElement(element)}`);
      seen.add(element);
      this.#path.push(element);
      const typed = this.value(type.of, item);
      this.#path.pop();
      return typed;
    });
  }

  #element(type: ListNode, item: unknown, index: number): PathElement | undefined {
    try {
      return elementOf(type, item);
    } catch (error) {
      if (!(error instanceof ElementError)) throw error;
      this.#report(`element ${index}: ${error.message}`);
      return undefined;
    }
  }

  #scalar(scalar: Scalar, value: unknown): unknown {
    const checked = scalarTypes[scalar].check(value);
    if (checked !== wrong) return checked;
    return this.#refuse(`expected ${namesOfTypes[scalar] ?? scalarTypes[scalar].expected}`, value);
  }

  #refuse(expected: string, value: unknown): undefined {
    this.#report(`${expected}, got ${shown(value)}`);
  }

  #report(what: string): void {
    if (this.errors.length < maxErrors) this.errors.push(`${formatPath(this.#path)}: ${what}`);
  }
}

const namesOfTypes: Partial<Record<Scalar, string>> = {
  string: "string",
  bool: "boolean",
  int32: "numeric (int or float)",
  int64: "numeric (int or float)",
  double: "numeric (int or float)",
};

function shown(value: unknown): string {
  if (isObject(value)) return "map";
  if (Array.isArray(value)) return "list";
  const text = JSON.stringify(value);
  return text.length > 64 ? `${text.slice(0, 64)}…` : text;
}
