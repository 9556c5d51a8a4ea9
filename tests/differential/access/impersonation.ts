import type { Request } from "../sides.ts";
import { ask, type Section } from "../suite.ts";
import { PLACE } from "./users.ts";

type Headers = Readonly<Record<string, string>>;

const identities: readonly Headers[] = [
  { "impersonate-user": "alice" },
  { "impersonate-user": "other" },
  { "impersonate-user": "" },
  { "impersonate-user": "alice", "impersonate-group": "team" },
  { "impersonate-user": "alice", "impersonate-group": "other" },
  { "impersonate-user": "alice", "impersonate-group": "system:masters" },
  { "impersonate-user": "alice", "impersonate-group": "" },
  { "impersonate-user": "alice", "impersonate-group": "system:authenticated" },
  { "impersonate-user": "alice", "impersonate-group": "system:unauthenticated" },
  { "impersonate-group": "team" },
  { "impersonate-uid": "u1" },
  { "impersonate-extra-scopes": "x" },
  { "impersonate-user": "alice", "impersonate-uid": "u1" },
  { "impersonate-user": "alice", "impersonate-uid": "u2" },
  { "impersonate-user": "alice", "impersonate-extra-scopes": "x" },
  { "impersonate-user": "alice", "impersonate-extra-other": "x" },
  { "impersonate-user": "alice", "impersonate-extra-example.com%2fkey": "x" },
  { "impersonate-user": "alice", "impersonate-extra-%zz": "x" },
  { "impersonate-user": "alice", "impersonate-extra-UPPER": "x" },
  { "impersonate-user": "system:anonymous" },
  { "impersonate-user": "system:anonymous", "impersonate-group": "team" },
  { "impersonate-user": "system:serviceaccount:access:default" },
  { "impersonate-user": "system:serviceaccount:access:default", "impersonate-group": "team" },
  { "impersonate-user": "system:serviceaccount:access" },
  { "impersonate-user": "system:serviceaccount:a:b:c" },
  { "impersonate-user": "system:serviceaccount:BAD:default" },
  { "impersonate-user": "system:node:n1" },
  { "impersonate-user": "system:node:n1", "impersonate-group": "system:nodes" },
  { "impersonate-user": "system:node:n2" },
  { "impersonate-user": "system:node:" },
  { "impersonate-user": "actor" },
  { "impersonate-user": "Alice" },
];

const asked: readonly Request[] = [
  { method: "GET", path: `/api/v1/namespaces/${PLACE}/configmaps` },
  { method: "GET", path: `/api/v1/namespaces/${PLACE}/configmaps/none` },
  { method: "GET", path: `/api/v1/namespaces/${PLACE}/secrets` },
  { method: "GET", path: "/version" },
  { method: "GET", path: "/metrics/none" },
  { method: "GET", path: "/api/v1/nodes/n1" },
  { method: "POST", path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: {} },
];

/** Requests in another's name, by those who may and those who may not. */
export const impersonation: Section = async ({ sides, report }, of) => {
  const users = ["actor", "constrained", "bob"].map((name) => sides.as({ name, groups: [] }));
  for (const pair of [sides, ...await Promise.all(users)]) {
    // One after the other: what is asked first of a user depends on what they were allowed before.
    for (const request of asked) for (const headers of identities) await ask(pair, report, of, { ...request, headers });
  }
};
