import { type Environment, Optional } from "@marcbachmann/cel-js";
import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkNamePrefix,
  checkQualifiedName,
} from "../../../../api/meta/names.ts";
import { problemOfUrl } from "./urls.ts";

const type = "kubernetes.NamedFormat";
type Check = (text: string) => readonly string[];

const isUuid = (text: string) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text);
const isBase64 = (text: string) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);

function isDate(text: string): boolean {
  const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.toLowerCase().split("t");
  const [, hour = "24", minute = "", second = ""] =
    /([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})/.exec(time) ?? [];
  return isDate(date) && hour <= "23" && minute <= "59" && second <= "59";
}

function says(isRight: (text: string) => boolean, problem: string): Check {
  return (text) => isRight(text) ? [] : [problem];
}

const checks: Readonly<Record<string, Check>> = {
  dns1123Label: checkDns1123Label,
  dns1123Subdomain: checkDns1123Subdomain,
  dns1035Label: checkDns1035Label,
  qualifiedName: checkQualifiedName,
  dns1123LabelPrefix: (text) => checkNamePrefix(text, checkDns1123Label),
  dns1123SubdomainPrefix: (text) => checkNamePrefix(text, checkDns1123Subdomain),
  dns1035LabelPrefix: (text) => checkNamePrefix(text, checkDns1035Label),
  labelValue: checkLabelValue,
  uri: (text) => [problemOfUrl(text)].filter((problem) => problem !== undefined),
  uuid: says(isUuid, "does not match the UUID format"),
  byte: says(isBase64, "invalid base64"),
  date: says(isDate, "invalid date"),
  datetime: says(isDateTime, "invalid datetime"),
};

class NamedFormat {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** None when the text is right, else what is wrong with it. */
  validate(text: string): Optional<string[]> {
    const problems = checks[this.#name]!(text);
    return problems.length === 0 ? Optional.none() : Optional.of([...problems]);
  }

  equals(other: NamedFormat): boolean {
    return `${this}` === `${other}`;
  }

  toString(): string {
    return this.#name;
  }
}

/** The receiver of `format.uuid()`: a name, no value. */
class Formats {}

/** Kubernetes' named formats of texts. */
export function registerFormats(environment: Environment): void {
  environment
    .registerType(type, { ctor: NamedFormat, fields: {} })
    .registerType("Formats", Formats)
    .registerConstant("format", "Formats", new Formats())
    .registerOperator(`${type} == ${type}`, (one: NamedFormat, other: NamedFormat) => one.equals(other))
    .registerFunction(
      `Formats.named(string): optional<${type}>`,
      (_: Formats, name: string) => Object.hasOwn(checks, name) ? Optional.of(new NamedFormat(name)) : Optional.none(),
    )
    .registerFunction(
      `${type}.validate(string): optional<list<string>>`,
      (format: NamedFormat, text: string) => format.validate(text),
    );
  for (const name of Object.keys(checks)) {
    environment.registerFunction(`Formats.${name}(): ${type}`, () => new NamedFormat(name));
  }
}
