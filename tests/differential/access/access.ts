import { compareSections, type SuiteOptions } from "../suite.ts";
import { impersonation } from "./impersonation.ts";
import { nodes } from "./nodes.ts";
import { reviews } from "./reviews.ts";
import { roles } from "./roles.ts";
import { strangers } from "./strangers.ts";
import { makeUsers } from "./users.ts";

/** Who may do what, and what those are told who may not. */
export async function compareAccess(options: SuiteOptions): Promise<void> {
  const sections = { strangers, impersonation, roles, reviews, nodes };
  if (!Object.keys(sections).some((name) => options.focus.test(`access/${name}`))) return;
  await makeUsers(options.sides);
  await compareSections("access", sections, options);
}
