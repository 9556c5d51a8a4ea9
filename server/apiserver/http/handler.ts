import { getLogger } from "@logtape/logtape";
import {
  badRequest,
  internal,
  methodNotAllowed,
  StatusError,
  statusFrom,
  unauthorized,
  unknownEndpoint,
} from "../../../api/status.ts";
import type { Registry, UserInfo } from "../contract.ts";
import { AuthenticationError, type Authenticator } from "../auth/authenticator.ts";
import {
  type AuthorizationAttributes,
  AuthorizationError,
  type Authorizer,
  mustBeAllowed,
  withoutMarkup,
} from "../auth/authorizer.ts";
import { requestAttributes } from "../auth/request_attributes.ts";
import { asksToImpersonate, Impersonation } from "../auth/impersonation.ts";
import { noSniff, sendPlainError, sendStatus, wantsPretty } from "./answer.ts";
import { discardBody } from "./body.ts";
import { Call } from "./call.ts";
import { deprecationOf } from "./deprecated.ts";
import { classOf, type InFlight } from "./in_flight.ts";
import type { Exchange } from "./message.ts";
import type { Metrics, RequestLabels } from "./metrics.ts";
import { parseRequestInfo, type RequestInfo } from "./request_info.ts";
import { requireDuration } from "./request_timeout.ts";
import { resolveResource, type ResourceCall } from "./resource_call.ts";
import { resourceRoutes } from "./resource_routes.ts";

const log = getLogger(["skiff", "apiserver", "http"]);

/** Answers a request of a URL that is no resource's. */
export type PathRoute = (call: Call) => void | Promise<void>;

/** Answers a subresource that leads on to a node: `pods/log`. */
export type ConnectRoute = (of: ResourceCall) => Promise<void>;

export interface HandlerOptions {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly inFlight: InFlight;
  readonly metrics: Metrics;
  /** Undefined: no such path. */
  readonly pathRoute: (path: string) => PathRoute | undefined;
  /** By `resource/subresource`. */
  readonly connectRoutes: ReadonlyMap<string, ConnectRoute>;
}

/** The way of every request: who is it, may they, and what answers it. Never throws: every failure becomes a Status. */
export function createHandler(options: HandlerOptions): (exchange: Exchange) => void {
  const { metrics } = options;
  const impersonation = new Impersonation(options.authorizer);
  return function handle(exchange) {
    const started = performance.now();
    const { request, response } = exchange;
    const progress: Progress = { auditId: auditIdOf(request.headers), call: undefined };
    response.setHeader("audit-id", progress.auditId);
    let info: RequestInfo;
    try {
      info = parseRequestInfo(request.method ?? "GET", request.url ?? "/");
    } catch {
      sendStatus(
        { response, warnings: [] },
        badRequest("the URL's path has a percent sign that encodes nothing").status,
      );
      return;
    }
    const counted = classOf(info.verb, info.resource?.subresource);
    const finish = () => {
      const seconds = counted === undefined ? undefined : (performance.now() - started) / 1000;
      metrics.observe(labelsOf(options.registry, info), (response as { statusCode?: number }).statusCode ?? 0, seconds);
    };
    run(options, impersonation, exchange, info, counted, progress).then(finish, (error) => {
      fail(exchange, info, error, progress);
      finish();
    });
  };
}

/** How far a request has come. */
interface Progress {
  readonly auditId: string;
  /** Undefined until it is known who asks and that they may. */
  call: Call | undefined;
}

const auditIds = /^[\x21-\x7e]{1,128}$/;

/** The client's own, if it names one. */
function auditIdOf(headers: Exchange["request"]["headers"]): string {
  const given = headers["audit-id"];
  return typeof given === "string" && auditIds.test(given) ? given : crypto.randomUUID();
}

async function run(
  options: HandlerOptions,
  impersonation: Impersonation,
  exchange: Exchange,
  info: RequestInfo,
  counted: ReturnType<typeof classOf>,
  progress: Progress,
): Promise<void> {
  if (counted === undefined) return await admit(options, impersonation, exchange, info, progress);
  options.inFlight.enter(counted);
  try {
    await admit(options, impersonation, exchange, info, progress);
  } finally {
    options.inFlight.leave(counted);
  }
}

async function admit(
  options: HandlerOptions,
  impersonation: Impersonation,
  exchange: Exchange,
  info: RequestInfo,
  progress: Progress,
): Promise<void> {
  const { headers } = exchange.request;
  const answer = identify(options.authenticator, {
    certificate: exchange.peer.certificate,
    authorization: headers.authorization,
    webSocketProtocols: exchange.upgrade && headers["sec-websocket-protocol"],
    path: info.path,
  });
  const known = answer instanceof Promise ? await answer : answer;
  const own = requestAttributes(known, info);
  const user = asksToImpersonate(headers) ? await impersonation.userOf(own, headers) : known;
  const attributes = user === known ? own : requestAttributes(user, info);
  const authorized = authorize(options.authorizer, attributes);
  if (authorized instanceof Promise) await authorized;
  const call = progress.call = new Call(exchange, info, user);
  await route(options, call, async (verb) => authorize(options.authorizer, { ...attributes, verb }));
}

function authorize(authorizer: Authorizer, attributes: AuthorizationAttributes): void | Promise<void> {
  const decision = authorizer.authorize(attributes);
  if (decision instanceof Promise) return decision.then((decided) => mustBeAllowed(attributes, decided));
  mustBeAllowed(attributes, decision);
}

function route(options: HandlerOptions, call: Call, mayAlso: ResourceCall["mayAlso"]): void | Promise<void> {
  const { resource } = call.info;
  if (resource === undefined) {
    const found = options.pathRoute(call.info.path);
    return withoutBody(call, found === undefined ? sendNowhere(options.registry, call) : found(call));
  }
  if (!isGroup(options.registry, resource.group)) return withoutBody(call, sendNowhere(options.registry, call));
  const of = resolveResource(options.registry, call, resource, mayAlso);
  const connect = of.subresource && options.connectRoutes.get(`${of.row.resource}/${of.subresource.name}`);
  if (connect) return connect(of);
  const answer = resourceRoutes[call.info.verb];
  const { method = "" } = call.request;
  if (answer === undefined || method === "HEAD" || (call.info.verb === "watch" && method !== "GET")) {
    throw methodNotAllowed();
  }
  const deprecation = deprecationOf(of.row);
  if (deprecation !== undefined) call.warn(deprecation);
  if (call.info.verb !== "watch") requireDuration(call.query);
  return answer(of);
}

function isGroup(registry: Registry, group: string): boolean {
  return group === "" || registry.resources().some((row) => row.group === group);
}

/** What is answered whatever was sent: a body that nobody reads would hold up what comes behind it on the connection. */
async function withoutBody({ request, upgrade }: Call, answered: void | Promise<void>): Promise<void> {
  await answered;
  if (upgrade === undefined && !request.readableEnded) discardBody(request);
}

/** What leads nowhere is answered as upstream does: by a Status below a group that is served, else as any web server. */
function sendNowhere(registry: Registry, call: Call): void {
  const [, root, group = ""] = call.info.path.split("/");
  if (root === "api" || (root === "apis" && group !== "" && isGroup(registry, group))) throw unknownEndpoint();
  sendPlainError(call, 404, "404 page not found");
}

/** Like the authenticator, with its failures as the client is to see them. */
function identify(
  authenticator: Authenticator,
  credentials: Parameters<Authenticator["authenticate"]>[0],
): UserInfo | Promise<UserInfo> {
  const refuse = (error: unknown): never => {
    if (!(error instanceof AuthenticationError)) throw error;
    log.info("authentication failed: {message}", { message: error.message });
    throw unauthorized();
  };
  const known = (user: UserInfo | undefined): UserInfo => {
    if (user === undefined) throw unauthorized();
    return user;
  };
  try {
    const answer = authenticator.authenticate(credentials);
    return answer instanceof Promise ? answer.then(known, refuse) : known(answer);
  } catch (error) {
    return refuse(error);
  }
}

/** After the headers only the connection can tell that something went wrong. */
function fail(exchange: Exchange, info: RequestInfo, error: unknown, { auditId, call }: Progress): void {
  const { request, response } = exchange;
  // Who left before the answer is not waiting for an error either.
  if (response.destroyed) return;
  if (error instanceof AuthorizationError && !response.headersSent) {
    if (!request.readableEnded) discardBody(request);
    const text = `Internal Server Error: ${JSON.stringify(request.url)}: ${error.message}`;
    return sendPlainError({ response, warnings: [] }, 500, withoutMarkup(text));
  }
  let shown = error;
  if (!(error instanceof StatusError)) {
    log.error("request {id} failed unexpectedly: {method} {path}: {error}", {
      id: auditId,
      method: request.method,
      path: info.path,
      error,
    });
    shown = internal(`the cause is in the server's log under request ${auditId}`, error);
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!request.readableEnded) discardBody(request);
  const status = statusFrom(shown);
  // As upstream, of what is refused before it is looked at, though not of who is unknown.
  const headers = call === undefined && status.code !== 401 ? noSniff : {};
  sendStatus({ response, warnings: call?.warnings ?? [] }, status, {
    accept: request.headers.accept,
    pretty: wantsPretty(request, info),
    headers,
  });
}

/** Only what is served has labels of its own: strangers' URLs must not make series. */
function labelsOf(registry: Registry, info: RequestInfo): RequestLabels {
  const { resource, verb } = info;
  if (resource === undefined || registry.store(resource.group, resource.version, resource.resource) === undefined) {
    return { ...unserved, verb: knownMethods.has(verb) ? verb.toUpperCase() : "OTHER" };
  }
  return {
    verb: verb.toUpperCase(),
    group: resource.group,
    version: resource.version,
    resource: resource.resource,
    subresource: knownSubresource(registry, resource),
    scope: resource.name !== "" ? "resource" : resource.namespace !== "" ? "namespace" : "cluster",
  };
}

const unserved = { group: "", version: "", resource: "", subresource: "", scope: "" };
const knownMethods = new Set(["get", "head", "post", "put", "patch", "delete"]);

function knownSubresource(registry: Registry, resource: NonNullable<RequestInfo["resource"]>): string {
  if (resource.subresource === "") return "";
  const row = registry.store(resource.group, resource.version, resource.resource)?.row;
  return row?.subresources.some((s) => s.name === resource.subresource) ? resource.subresource : "";
}
