import { describe, it } from "vitest";
import { flowschemas, prioritylevelconfigurations } from "../../api/resources.ts";
import { liveThrough } from "./lifecycle.ts";
import { sharedApi } from "./shared_api.ts";

const condition = { type: "Dangling", status: "False", reason: "Found", message: "it is there" };

describe("flowcontrol.apiserver.k8s.io/v1", () => {
  const api = sharedApi();

  it("FlowSchema", () =>
    liveThrough(api(), {
      resource: flowschemas,
      object: {
        spec: {
          matchingPrecedence: 10_000,
          priorityLevelConfiguration: { name: "global-default" },
          distinguisherMethod: { type: "ByUser" },
          rules: [{
            subjects: [{ kind: "User", user: { name: "nobody" } }],
            nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["/nowhere"] }],
          }],
        },
      },
      status: { conditions: [condition] },
      statusAlone: true,
    }));

  it("PriorityLevelConfiguration", () =>
    liveThrough(api(), {
      resource: prioritylevelconfigurations,
      object: {
        spec: { type: "Limited", limited: { nominalConcurrencyShares: 2, limitResponse: { type: "Reject" } } },
      },
      status: { conditions: [condition] },
      statusAlone: true,
    }));
});
