import type { Environment } from "@marcbachmann/cel-js";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../../api/meta/names.ts";

/** What an expression asks: may whoever sent the request, or a service account, do this? */
export interface AccessQuestion {
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  /** Of a URL that is no resource's. */
  readonly path?: string;
  readonly resource?: ResourceQuestion;
}

export interface ResourceQuestion {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** As written; one that cannot be read is left out of the question. */
  readonly fieldSelector: string;
  readonly labelSelector: string;
}

export interface AccessAnswer {
  readonly allowed: boolean;
  readonly reason?: string;
  readonly error?: string;
}

type Ask = (question: AccessQuestion) => AccessAnswer;

const prefix = "kubernetes.authorization.";
const [authorizerType, pathType, groupType, resourceType, decisionType] = [
  `${prefix}Authorizer`,
  `${prefix}PathCheck`,
  `${prefix}GroupCheck`,
  `${prefix}ResourceCheck`,
  `${prefix}Decision`,
] as const;

/** The variable `authorizer`. */
export class CelAuthorizer {
  readonly #ask: Ask;
  readonly requestResource: ResourceCheck;

  /** `request`: the resource that the request is about. */
  constructor(ask: Ask, request: Partial<ResourceQuestion> & Pick<ResourceQuestion, "group" | "resource">) {
    this.#ask = ask;
    this.requestResource = new ResourceCheck(ask, { ...unset, ...request });
  }

  serviceAccount(namespace: string, name: string): CelAuthorizer {
    if (checkDns1123Subdomain(name).length > 0) throw new RangeError("Invalid service account name");
    if (checkDns1123Label(namespace).length > 0) throw new RangeError("Invalid service account namespace");
    const ask: Ask = (question) => this.#ask({ ...question, serviceAccount: { namespace, name } });
    return new CelAuthorizer(ask, this.requestResource.question);
  }

  path(path: string): PathCheck {
    if (path.trim() === "") throw new RangeError("path must not be empty");
    return new PathCheck(this.#ask, path);
  }

  group(group: string): GroupCheck {
    return new GroupCheck(this.#ask, group);
  }
}

const unset = { subresource: "", namespace: "", name: "", fieldSelector: "", labelSelector: "" };

class PathCheck {
  readonly #ask: Ask;
  readonly #path: string;

  constructor(ask: Ask, path: string) {
    this.#ask = ask;
    this.#path = path;
  }

  check(verb: string): Decision {
    return new Decision(this.#ask({ verb, path: this.#path }));
  }
}

class GroupCheck {
  readonly #ask: Ask;
  readonly #group: string;

  constructor(ask: Ask, group: string) {
    this.#ask = ask;
    this.#group = group;
  }

  resource(resource: string): ResourceCheck {
    if (resource.trim() === "") throw new RangeError("resource must not be empty");
    return new ResourceCheck(this.#ask, { ...unset, group: this.#group, resource });
  }
}

class ResourceCheck {
  readonly #ask: Ask;
  readonly #question: ResourceQuestion;

  constructor(ask: Ask, question: ResourceQuestion) {
    this.#ask = ask;
    this.#question = question;
  }

  get question(): ResourceQuestion {
    return this.#question;
  }

  with(part: Partial<ResourceQuestion>): ResourceCheck {
    return new ResourceCheck(this.#ask, { ...this.#question, ...part });
  }

  check(verb: string): Decision {
    return new Decision(this.#ask({ verb, resource: this.#question }));
  }
}

class Decision {
  readonly #answer: AccessAnswer;

  constructor(answer: AccessAnswer) {
    this.#answer = answer;
  }

  get answer(): AccessAnswer {
    return this.#answer;
  }
}

const narrowings = ["subresource", "namespace", "name", "fieldSelector", "labelSelector"] as const;

/** Kubernetes' functions that ask whether something is allowed. */
export function registerAuthorizer(environment: Environment): void {
  environment
    .registerType(decisionType, { ctor: Decision, fields: {} })
    .registerType(resourceType, { ctor: ResourceCheck, fields: {} })
    .registerType(groupType, { ctor: GroupCheck, fields: {} })
    .registerType(pathType, { ctor: PathCheck, fields: {} })
    .registerType(authorizerType, { ctor: CelAuthorizer, fields: { requestResource: resourceType } })
    .registerFunction(
      `${authorizerType}.serviceAccount(string, string): ${authorizerType}`,
      (authorizer: CelAuthorizer, namespace: string, name: string) => authorizer.serviceAccount(namespace, name),
    )
    .registerFunction(
      `${authorizerType}.path(string): ${pathType}`,
      (authorizer: CelAuthorizer, path: string) => authorizer.path(path),
    )
    .registerFunction(
      `${authorizerType}.group(string): ${groupType}`,
      (authorizer: CelAuthorizer, group: string) => authorizer.group(group),
    )
    .registerFunction(
      `${groupType}.resource(string): ${resourceType}`,
      (group: GroupCheck, resource: string) => group.resource(resource),
    )
    .registerFunction(`${pathType}.check(string): ${decisionType}`, (path: PathCheck, verb: string) => path.check(verb))
    .registerFunction(
      `${resourceType}.check(string): ${decisionType}`,
      (resource: ResourceCheck, verb: string) => resource.check(verb),
    )
    .registerFunction(`${decisionType}.allowed(): bool`, ({ answer }: Decision) => answer.allowed)
    .registerFunction(`${decisionType}.reason(): string`, ({ answer }: Decision) => answer.reason ?? "")
    .registerFunction(`${decisionType}.errored(): bool`, ({ answer }: Decision) => answer.error !== undefined)
    .registerFunction(`${decisionType}.error(): string`, ({ answer }: Decision) => answer.error ?? "");
  for (const part of narrowings) {
    environment.registerFunction(
      `${resourceType}.${part}(string): ${resourceType}`,
      (resource: ResourceCheck, value: string) => resource.with({ [part]: value }),
    );
  }
}
