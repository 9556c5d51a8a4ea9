import type { CreateRequest, Entry, RequestContext } from "../../contract.ts";
import type { Shelf } from "../system.ts";

/** A subresource that is only ever created: an action on the object. */
export type Creator = (shelf: Shelf, context: RequestContext, request: CreateRequest) => Promise<Entry>;
