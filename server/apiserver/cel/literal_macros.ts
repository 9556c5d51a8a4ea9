import { type Environment, Optional } from "@marcbachmann/cel-js";
import { undeclared } from "./issue.ts";
import type { Checker, Evaluator, Scope, TypeOf } from "./libraries/macro.ts";
import type { Entry, Literal } from "./literals.ts";
import { type Node, nodeTypeText, typeText } from "./node.ts";

/** A type of messages that expressions may make. */
export interface MessageType {
  readonly name: string;
  /** The CEL type of a field, undefined for one that there is not. */
  field(name: string): string | undefined;
  make(fields: Readonly<Record<string, unknown>>): unknown;
}

/** Finds a type by its name; makes it known to the environment first, if it must. */
export type MessageTypes = (name: string, environment: Environment) => MessageType | undefined;

/** Tells the CEL library how to check and evaluate a literal that it does not know. */
export function giveMeaning(literal: Literal, types: (name: string) => MessageType | undefined): void {
  const { node, type } = literal;
  const macro = type === undefined
    ? node.op === "list" ? listMacro(literal) : mapMacro(literal)
    : messageMacro(literal, type, types(type));
  node.setMeta("macro", { async: false, ...macro }).setMeta("async", false);
}

interface Meaning {
  typeCheck(checker: Checker, macro: unknown, scope: Scope): TypeOf;
  evaluate(evaluator: Evaluator, macro: unknown, scope: Scope): unknown;
}

function listMacro({ entries }: Literal): Meaning {
  return {
    typeCheck(checker, _, scope) {
      const item = joined(entries.map((entry) => [typeOfEntry(entry, checker, scope), entry.value]), checker);
      return checker.getType(`list<${item ?? "dyn"}>`);
    },
    evaluate: (evaluator, _, scope) => entries.flatMap((entry) => present(entry, evaluator, scope)),
  };
}

function mapMacro({ entries }: Literal): Meaning {
  return {
    typeCheck(checker, _, scope) {
      const keys = entries.map(({ key }) => [checker.check(key as Node, scope), key as Node] as const);
      const values = entries.map((entry) => [typeOfEntry(entry, checker, scope), entry.value] as const);
      return checker.getType(`map<${joined(keys, checker)}, ${joined(values, checker)}>`);
    },
    evaluate(evaluator, _, scope) {
      const map = new Map<unknown, unknown>();
      for (const entry of entries) {
        const key = evaluator.run(entry.key as Node, scope);
        for (const value of present(entry, evaluator, scope)) map.set(key, value);
      }
      return map;
    },
  };
}

function messageMacro({ node, entries }: Literal, name: string, type: MessageType | undefined): Meaning {
  return {
    typeCheck(checker, _, scope) {
      if (type === undefined) throw checker.createError("unknown_type", undeclared(name), node.args[1]);
      for (const entry of entries) {
        const found = typeOfEntry(entry, checker, scope);
        const wanted = type.field(String(entry.key)) ?? "";
        if (wanted === "dyn" || found.kind === "dyn" || found.kind === "param" || `${found}` === wanted) continue;
        const message = `expected type of field '${entry.key}' is '${wanted}' but provided type is '${
          typeText(found)
        }'`;
        throw checker.createError("wrong_field", message, colonBefore(entry.value));
      }
      return checker.getType(name);
    },
    evaluate(evaluator, _, scope) {
      const fields: Record<string, unknown> = Object.create(null);
      for (const entry of entries) {
        for (const value of present(entry, evaluator, scope)) fields[String(entry.key)] = value;
      }
      return type!.make(fields);
    },
  };
}

/** The place of the colon before a value, as the library takes places. */
function colonBefore({ input = "", start }: Node): Node {
  const at = Math.max(input.lastIndexOf(":", start), 0);
  return { start: at, end: at + 1 } as Node;
}

/** None of an optional entry without a value. */
function present({ value, isOptional }: Entry, evaluator: Evaluator, scope: Scope): unknown[] {
  const found = evaluator.run(value, scope);
  if (!isOptional) return [found];
  if (!(found instanceof Optional)) throw new TypeError("no such overload: the entry's value is not optional");
  return found.hasValue() ? [found.value()] : [];
}

function typeOfEntry({ value, isOptional }: Entry, checker: Checker, scope: Scope): TypeOf {
  const type = checker.check(value, scope);
  if (!isOptional || type.kind === "dyn") return type;
  if (type.kind === "optional") return type.valueType ?? checker.getType("dyn");
  const message = `expected type 'optional_type(${typeText(type)})' but found '${typeText(type)}'`;
  throw checker.createError("optional_entry", message, value);
}

/** What all are: of lists and maps without entries nothing is known, and the others tell. */
function joined(types: readonly (readonly [TypeOf, Node])[], checker: Checker): TypeOf | undefined {
  const odd = firstUnlike(types);
  if (odd !== undefined) throw checker.createError("heterogeneous", odd.message, odd.node);
  return types.find(([type]) => !isUnknown(type))?.[0] ?? types[0]?.[0];
}

/** The first of the items of a literal that is not of the others' type, even if that is dyn. */
export function firstUnlike(
  types: readonly (readonly [TypeOf, Node])[],
): { readonly message: string; readonly node: Node } | undefined {
  let common: readonly [TypeOf, Node] | undefined;
  for (const item of types) {
    if (common !== undefined && !areAlike(common[0], item[0])) {
      return { message: `expected type '${shown(common)}' but found '${shown(item)}'`, node: item[1] };
    }
    if (common === undefined || isUnknown(common[0])) common = item;
  }
  return undefined;
}

/** An optional entry is of another type than its value. */
function shown([type, node]: readonly [TypeOf, Node]): string {
  return type === node.checkedType ? nodeTypeText(node) : typeText(type);
}

function isUnknown({ kind, keyType, valueType }: TypeOf): boolean {
  return kind === "param" || (valueType !== undefined && isUnknown(valueType)) ||
    (keyType !== undefined && isUnknown(keyType));
}

/** Whether the types are the same, as far as they are known. */
function areAlike(one: TypeOf, other: TypeOf): boolean {
  if (one === other || one.kind === "param" || other.kind === "param") return true;
  if (one.kind !== other.kind) return false;
  if (one.valueType === undefined || other.valueType === undefined) return `${one}` === `${other}`;
  return areAlike(one.valueType, other.valueType) &&
    (one.keyType === undefined || other.keyType === undefined || areAlike(one.keyType, other.keyType));
}
