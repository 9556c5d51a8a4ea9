import type { JsonObject } from "../_json.ts";

/** What kind an object says it is, as Go prints it: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
export function kindText({ apiVersion, kind }: JsonObject): string {
  const version = typeof apiVersion === "string" ? apiVersion : "";
  const slashes = version.split("/").length - 1;
  // Two groups are none, and leave no kind either.
  if (slashes > 1) return "/, Kind=";
  return `${slashes === 1 ? version : `/${version}`}, Kind=${typeof kind === "string" ? kind : ""}`;
}
