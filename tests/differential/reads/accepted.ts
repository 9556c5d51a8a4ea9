import type { Deviation } from "../deviation.ts";

const GO_PAGES =
  /^(<a href="\/debug|<html>\n<head>\n<title>\/debug|unsupported http method|\napiserver (statusz|flagz))/;

/** Where reading, and what one may, is otherwise on purpose. */
export const deviationsOfReads: readonly Deviation[] = [
  {
    why: "ours is another program: its version, commit and compiler are its own",
    holds: ({ where }) => /^(gitVersion|gitCommit|gitTreeState|goVersion|compiler)$/.test(where),
  },
  {
    why: "an empty list is written as one, where Go may write null and protobuf nothing",
    holds: ({ where, theirs, ours }) => where === "items" && theirs === "absent" && ours === "[]",
  },
  {
    why: "roles that are made of others have their rules from the start, where upstream leaves it to a controller",
    holds: ({ where, theirs, ours }) =>
      theirs === "absent" &&
      (/f:rules$/.test(where) ? ours === "{}" : /(^|\.)rules$/.test(where) && ours.startsWith('[{"apiGroups":')),
  },
  {
    why: "machines join with roles of our own, kubeadm's among them, and serving certificates of nodes are approved",
    holds: ({ where, ours }) =>
      /[/[](skiff:|system:node-bootstrapper|system:certificates\.k8s\.io:)/.test(where) ||
      ours.includes('"name":"system:nodes"') || ours.includes("kubernetes.io/kubelet-serving"),
  },
  {
    why: "a path with a percent sign that encodes nothing is refused by a Status, where Go's server hangs up",
    holds: (_, all) => all.some(({ ours }) => ours.includes("has a percent sign that encodes nothing")),
  },
  {
    why: "a version that is no number is the client's mistake, and not an error of the server",
    holds: ({ where, theirs, ours }) =>
      where === "status" && theirs.startsWith("500 undefined") && ours.startsWith("400 BadRequest") &&
      theirs.includes("strconv.ParseUint"),
  },
  {
    why: "the same, of a watch",
    holds: ({ where, theirs, ours }, all) =>
      all.some((one) => one.where === "[0].message" && one.theirs.includes("strconv.ParseUint")) &&
      (where === "[0].code" ? theirs === "500" && ours === "400" : where === "[0].reason" && theirs === "absent"),
  },
  {
    why: "a path that names no resource after watch or proxy leads nowhere, where upstream fails to read it",
    holds: ({ where, theirs, ours }, all) =>
      all.some((one) => one.where === "code" && one.theirs === "500" && ["403", "404"].includes(one.ours)) &&
      (where.startsWith("header ") || where === "code" ||
        (theirs === "accepted" && / (NotFound|Forbidden) /.test(ours))),
  },
  {
    why: "a watch from a version that has not been is told so: it comes from another store, or from before a restore",
    holds: (_, all) => all.some(({ ours }) => ours.includes("Too large resource version: 99999999999")),
  },
  {
    why: "a Pod that is deleted at once is written no more before: its last event has the time of its deletion, too",
    holds: ({ where, theirs, ours }) =>
      where === "events" && theirs.endsWith(" MODIFIED DELETED") &&
      theirs.replace("MODIFIED DELETED", "DELETED") === ours,
  },
  {
    why: "reviews are answered and forgotten: nobody manages their fields",
    holds: ({ where, theirs, ours }) =>
      (where === "metadata.managedFields" && ours === "absent" &&
        /"apiVersion":"(authorization|authentication)\.k8s\.io\/v1"/.test(theirs)) ||
      (where === "cause" && /^FieldValueInvalid metadata: .*"managedFields":/.test(theirs) &&
        ours.includes("must be empty")),
  },
  {
    why: "clients reach the server where they found it; no list of addresses by networks is kept",
    holds: ({ where }) => where === "serverAddressByClientCIDRs",
  },
  {
    why: "scheduler and controllers are in the server's process, and as healthy as it is",
    holds: ({ where }) => /(^|\.)conditions\[0\]\.(status|message)$/.test(where),
  },
  {
    why: "the checks of health are those of what ours is made of",
    holds: ({ where, theirs, ours }) => where === "" && theirs.startsWith("[+]ping") && ours.startsWith("[+]ping"),
  },
  {
    why: "the list of paths is of what ours serves",
    holds: ({ where, theirs, ours }) =>
      where === "paths" && ours.startsWith("[") &&
      (JSON.parse(ours) as string[]).every((path) =>
        theirs.includes(`"${path}"`) || /^\/(livez|readyz|healthz)\//.test(path)
      ),
  },
  {
    why: "pages about the state of a Go program have no counterpart",
    holds: (_, all) => all.some(({ theirs, ours }) => GO_PAGES.test(theirs) && ours.startsWith("404 page not found")),
  },
  {
    why: "each server has its own port and address, and upstream publishes no address of the loopback",
    holds: ({ where, theirs }) =>
      /spec\.ports\[0\]\.targetPort$/.test(where) ||
      (theirs === "absent" && /\/(endpoints|endpointslices)\/default\/kubernetes$/.test(where)),
  },
  {
    why:
      "what a controller writes in upstream's API server is written by one of our controllers, which do not run here",
    holds: ({ where, theirs, ours }) =>
      ours === "absent" && where === "status.conditions" &&
        theirs.includes("Kubernetes default Service CIDR is ready") ||
      (where === "metadata.managedFields" && theirs.includes("kubernetes-service-cidr-controller")),
  },
  {
    why: "the agent of a node is its proxy, too, and reads what Services lead to, and the other nodes",
    holds: (_, all) =>
      all.some(({ where, theirs, ours }) =>
        where === "status" && ours === "accepted" &&
        /^403 .*User "system:node:[^"]*" cannot (get|list|watch) resource "(nodes|services|endpoints)"/.test(theirs)
      ),
  },
  {
    why: "the two built-in priorities are described in our own words",
    holds: ({ where, theirs }) => where === "description" && theirs.startsWith("Used for system critical pods"),
  },
];
