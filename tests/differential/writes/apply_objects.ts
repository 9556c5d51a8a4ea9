/** What the applies are about. */
import { configMap, configMaps, deployments, NAME } from "./script.ts";

export const map = `${configMaps}/${NAME}`;
export const rollout = `${deployments}/${NAME}`;

export const data = (data: unknown, metadata: Record<string, unknown> = {}) => configMap({ data }, metadata);
export const small = (spec: object) => ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: NAME }, spec });
export const inSpec = (spec: object) => small({ template: { spec } });
