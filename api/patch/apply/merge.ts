import { getField, isObject, type JsonObject, setField } from "../_json.ts";
import { type Atom, atomOf, typeUnder } from "./atom.ts";
import { isEmpty } from "./compare.ts";
import { elementOf } from "./list_elements.ts";
import type { PathElement } from "./path_element.ts";
import type { ListNode, MapNode, TypeNode } from "./type_node.ts";

/**
 * What a live object becomes by a configuration: fields that the configuration sets are the configuration's, none goes. Lists that are
 * no atomic ones have the order of the configuration; elements of its own stay near those that they followed. The result shares parts of both.
 */
export function mergeConfiguration(type: TypeNode, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  return mergeAtoms(atomOf(type, config), live, config);
}

function mergeAtoms(atom: Atom, live: unknown, config: unknown): unknown {
  if (atom.is === "leaf" || (isEmpty(live) && isEmpty(config))) return config;
  return atom.is === "map"
    ? mergeMaps(atom.type, isObject(live) ? live : {}, isObject(config) ? config : {})
    : mergeLists(atom.type, listOf(live), listOf(config));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mergeMaps(type: MapNode, live: JsonObject, config: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...live };
  for (const key of Object.keys(config)) {
    const content = typeUnder(type, key);
    if (content !== undefined) setField(merged, key, mergeConfiguration(content, getField(live, key), config[key]));
  }
  return merged;
}

/**
 * Goes along both lists. An element of the live list alone is taken where it stands; one of both is taken where the configuration has it,
 * and what the live list holds before the next element of both stays before it.
 */
function mergeLists(type: ListNode, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const liveElements = live.map((item) => elementOf(type, item));
  const configElements = config.map((item) => elementOf(type, item));
  const ofConfig = new Set(configElements);
  const ofLive = liveItems(live, liveElements);
  const shared = configElements.filter((element) => ofLive.has(element));
  const merged: unknown[] = [];
  const taken = new Set<PathElement>();
  let [next, l, c] = [0, 0, 0];
  while (l < live.length || c < config.length) {
    const [mine, theirs] = [liveElements[l], configElements[c]];
    if (mine !== undefined && theirs !== undefined) {
      if (mine !== theirs && ofConfig.has(mine) && next < shared.length && shared[next] !== mine) {
        l++;
        continue;
      }
    }
    if (mine !== undefined && mine !== theirs) {
      if (!ofConfig.has(mine)) {
        merged.push(live[l++]);
        continue;
      }
      if (taken.has(mine)) l++;
    }
    if (theirs === undefined) continue;
    taken.add(theirs);
    merged.push(mergeConfiguration(type.of, ofLive.get(theirs), config[c++]));
    if (mine === theirs) l++;
    if (shared[next] === theirs) next++;
  }
  return merged;
}

/** The live list's items by their element. Items that share one are not merged with: the configuration's takes the place of all. */
function liveItems(live: readonly unknown[], elements: readonly PathElement[]): Map<PathElement, unknown> {
  const items = new Map<PathElement, unknown>();
  for (const [index, element] of elements.entries()) {
    items.set(element, items.has(element) ? undefined : live[index]);
  }
  return items;
}
