import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkHttpHeaderName, checkPortName, checkPortNumber } from "../../../api/meta/names.ts";
import type { HTTPGetAction, LifecycleHandler, Probe } from "../../../api/types/core_v1.ts";
import { checkText, requireNotNegative, requireOneOf } from "./checks.ts";

const counts = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;

export function validateProbe(
  which: "livenessProbe" | "readinessProbe" | "startupProbe",
  probe: Probe,
  path: Path,
  errors: FieldError[],
): void {
  const { exec, httpGet, tcpSocket, grpc, terminationGracePeriodSeconds: grace } = probe;
  validateAction({ exec, httpGet, tcpSocket, grpc }, undefined, path, errors);
  for (const field of counts) requireNotNegative(probe[field], path.child(field), errors);
  if (which !== "readinessProbe" && (probe.successThreshold ?? 1) !== 1) {
    errors.push(FieldError.invalid(path.child("successThreshold"), probe.successThreshold, "must be 1"));
  }
  if (grace !== undefined && which === "readinessProbe") {
    errors.push(
      FieldError.invalid(path.child("terminationGracePeriodSeconds"), grace, "must not be set for readinessProbes"),
    );
  }
  if (grace !== undefined && grace <= 0) {
    errors.push(FieldError.invalid(path.child("terminationGracePeriodSeconds"), grace, "must be greater than 0"));
  }
}

/** `graceSeconds` are those in which the Pod has to end. */
export function validateHandler(
  { exec, httpGet, tcpSocket, sleep }: LifecycleHandler,
  graceSeconds: number | undefined,
  path: Path,
  errors: FieldError[],
): void {
  validateAction({ exec, httpGet, tcpSocket, sleep }, graceSeconds, path, errors);
}

type Action = {
  readonly exec?: Probe["exec"] | undefined;
  readonly httpGet?: Probe["httpGet"] | undefined;
  readonly tcpSocket?: Probe["tcpSocket"] | undefined;
  readonly grpc?: Probe["grpc"] | undefined;
  readonly sleep?: LifecycleHandler["sleep"] | undefined;
};

/** Exactly one of them says what is to be done; the others are not looked at. */
function validateAction(action: Action, graceSeconds: number | undefined, path: Path, errors: FieldError[]): void {
  const { exec, httpGet, tcpSocket, grpc, sleep } = action;
  const [first, ...more] = Object.entries(action).filter(([, value]) => value !== undefined).map(([name]) => name);
  if (first === undefined) errors.push(FieldError.required(path, "must specify a handler type"));
  for (const name of more) {
    errors.push(FieldError.forbidden(path.child(name), "may not specify more than 1 handler type"));
  }
  const is = (name: keyof Action) => name === first;
  if (is("exec") && !exec!.command?.length) errors.push(FieldError.required(path.child("exec", "command")));
  if (is("httpGet")) validateHttpGet(httpGet!, path.child("httpGet"), errors);
  if (is("tcpSocket")) validatePort(tcpSocket!.port, path.child("tcpSocket", "port"), errors);
  if (is("grpc")) validatePort(grpc!.port, path.child("grpc", "port"), errors);
  const seconds = sleep?.seconds ?? 0;
  if (is("sleep") && graceSeconds !== undefined && (seconds < 0 || seconds > graceSeconds)) {
    const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
    errors.push(FieldError.invalid(path.child("sleep"), seconds, detail));
  }
}

function validateHttpGet(
  { path: url, port, scheme, httpHeaders = [] }: HTTPGetAction,
  path: Path,
  errors: FieldError[],
): void {
  if (!url) errors.push(FieldError.required(path.child("path")));
  validatePort(port, path.child("port"), errors);
  requireOneOf(scheme, path.child("scheme"), ["HTTP", "HTTPS"], errors);
  for (const { name = "" } of httpHeaders) checkText(name, path.child("httpHeaders"), checkHttpHeaderName, errors);
}

/** A number or a name. */
function validatePort(port: number | string | undefined, path: Path, errors: FieldError[]): void {
  if (typeof port === "string") checkText(port, path, checkPortName, errors);
  else for (const detail of checkPortNumber(port ?? 0)) errors.push(FieldError.invalid(path, port ?? 0, detail));
}
