import type { ResourceRow } from "../../../api/schema/contract.ts";
import type { Admission, AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";

type Phase = "mutate" | "validate";
type Step = (request: AdmissionRequest, context: AdmissionContext) => void | Promise<void>;

/** Runs the plugins in order. Answers undefined when none of them had to wait, so that the usual write does not wait either. */
export function createAdmission(plugins: readonly AdmissionPlugin[], context: AdmissionContext): Admission {
  const steps: Readonly<Record<Phase, (row: ResourceRow) => readonly Step[]>> = {
    mutate: remembered((row) => stepsFor(plugins, row, "mutate")),
    validate: remembered((row) => stepsFor(plugins, row, "validate")),
  };
  const run = (steps: readonly Step[], request: AdmissionRequest, from: number): Promise<void> | undefined => {
    for (let i = from; i < steps.length; i++) {
      const pending = steps[i]!(request, context);
      if (pending) return pending.then(() => run(steps, request, i + 1));
    }
    return undefined;
  };
  return {
    mutate: (request) => run(steps.mutate(request.row), request, 0),
    validate: (request) => run(steps.validate(request.row), request, 0),
  };
}

function stepsFor(plugins: readonly AdmissionPlugin[], { group, resource }: ResourceRow, phase: Phase): Step[] {
  return plugins
    .filter(({ resources }) => resources === undefined || resources.includes(`${group}/${resource}`))
    .flatMap((plugin) => plugin[phase]?.bind(plugin) ?? []);
}

/** Most plugins are about a few resources: which ones a write meets is worked out once for each. */
function remembered(make: (row: ResourceRow) => readonly Step[]): (row: ResourceRow) => readonly Step[] {
  const made = new WeakMap<ResourceRow, readonly Step[]>();
  return (row) => {
    let steps = made.get(row);
    if (steps === undefined) made.set(row, steps = make(row));
    return steps;
  };
}
