import { type Node, nodesOf } from "./node.ts";

/** The CEL library's own `has()`: as much of it as ours uses. */
interface HasMacro {
  readonly args: readonly [Node];
  /** The fields that are looked for, the last one first, and what they are looked for in. */
  macroHasProps?: readonly Node[];
  typeCheck(checker: { check(node: Node, scope: unknown): unknown }, macro: HasMacro, scope: unknown): unknown;
}

/** Lets `has()` look into whatever there is: the library's own looks into variables and their fields only, not into `list[0].field`. */
export function widenPresence(tree: Node): void {
  for (const { op, args, meta } of nodesOf(tree)) {
    if (op !== "call" || args[0] !== "has" || !meta.macro) continue;
    const macro = meta.macro as unknown as HasMacro;
    const check = macro.typeCheck;
    macro.typeCheck = (checker, own, scope) => {
      const fields: Node[] = [];
      let holder: Node = own.args[0];
      for (; holder.op === "." || holder.op === ".?"; holder = holder.args[0]) fields.push(holder);
      if (fields.length > 0 && holder.op !== "id") {
        checker.check(holder, scope);
        own.macroHasProps ??= [...fields, holder];
      }
      return check.call(macro, checker, own, scope);
    };
  }
}
