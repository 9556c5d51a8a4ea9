import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  Server,
  UntypedHandleCall,
} from "@grpc/grpc-js";
import { grpcStatus } from "./errors.ts";
import { type Face, unimplemented } from "./face.ts";
import { keepLeaseAlive } from "./lease.ts";
import { codec, type LeaseRequest, type LeaseResponse, type WatchRequest, type WatchResponse } from "./messages.ts";
import { UNARY, type UnaryMethod, UNSERVED } from "./methods.ts";
import { snapshotBlobs, type SnapshotResponse } from "./snapshot.ts";
import { WatchStream } from "./watch.ts";

interface Row {
  readonly definition: MethodDefinition<unknown, unknown>;
  readonly handler: UntypedHandleCall;
}

type Rows = Record<string, Record<string, Row>>;

/** Adds all methods. Returns what ends the streams. */
export function addServices(server: Server, face: Face): () => void {
  const streams = new Set<() => void>();
  const rows: Rows = {};
  const add = (service: string, method: string, row: Row) => (rows[service] ??= {})[method] = row;
  for (const [service, methods] of Object.entries(UNSERVED)) {
    for (const [method, why] of Object.entries(methods)) add(service, method, unserved(`/${service}/${method}`, why));
  }
  for (const [service, methods] of Object.entries(UNARY)) {
    for (const [name, method] of Object.entries(methods)) {
      add(service, name, unary(face, `/${service}/${name}`, method));
    }
  }
  add("etcdserverpb.Watch", "Watch", watch(face, streams));
  add("etcdserverpb.Lease", "LeaseKeepAlive", keepAlive(face, streams));
  add("etcdserverpb.Maintenance", "Snapshot", snapshot(face, streams));
  for (const methods of Object.values(rows)) {
    const of = <Part>(part: (row: Row) => Part) =>
      Object.fromEntries(Object.entries(methods).map(([name, row]) => [name, part(row)]));
    server.addService(of(({ definition }) => definition), of(({ handler }) => handler));
  }
  return () => {
    for (const end of streams) end();
  };
}

function definitionOf(
  path: string,
  request: string,
  response: string,
  isStream: boolean,
  isRequestStream = isStream,
): Row["definition"] {
  const [outer, inner] = [codec(request), codec(response)];
  return {
    path,
    requestStream: isRequestStream,
    responseStream: isStream,
    requestSerialize: outer.encode,
    requestDeserialize: outer.decode,
    responseSerialize: inner.encode,
    responseDeserialize: inner.decode,
  };
}

function unary(face: Face, path: string, { request, response, call }: UnaryMethod): Row {
  const handler: handleUnaryCall<unknown, unknown> = ({ request }, answer) => {
    call(face, request).then((response) => answer(null, response), (error) => answer(grpcStatus(error)));
  };
  return { definition: definitionOf(path, request, response, false), handler };
}

/** Streams of one side are refused as well: the answer comes before any message. */
function unserved(path: string, why: string): Row {
  const refusal = grpcStatus(unimplemented(path, why));
  const handler: handleUnaryCall<unknown, unknown> = (_, answer) => answer(refusal);
  return { definition: definitionOf(path, "Empty", "Empty", false), handler };
}

function watch(face: Face, streams: Set<() => void>): Row {
  const handler: handleBidiStreamingCall<WatchRequest, WatchResponse> = (call) => {
    const stream = new WatchStream(face, (response, written) => void call.write(response, written));
    const close = () => {
      streams.delete(end);
      stream.close();
    };
    const end = () => {
      close();
      call.end();
    };
    streams.add(end);
    call.on("data", (request: WatchRequest) => {
      // The next request is read when this one was handled.
      call.pause();
      stream.handle(request).then(() => call.resume(), (error) => {
        close();
        call.emit("error", grpcStatus(error));
      });
    });
    call.on("end", end);
    call.on("cancelled", close);
    call.on("error", close);
  };
  return {
    definition: definitionOf("/etcdserverpb.Watch/Watch", "WatchRequest", "WatchResponse", true),
    handler: handler as UntypedHandleCall,
  };
}

function keepAlive(face: Face, streams: Set<() => void>): Row {
  const handler: handleBidiStreamingCall<LeaseRequest, LeaseResponse> = (call) => {
    const close = () => void streams.delete(end);
    const end = () => {
      close();
      call.end();
    };
    streams.add(end);
    call.on("data", (request: LeaseRequest) => {
      // The next request is read when the answer has left.
      call.pause();
      keepLeaseAlive(face, request).then((response) => void call.write(response, () => call.resume()), (error) => {
        close();
        call.emit("error", grpcStatus(error));
      });
    });
    call.on("end", end);
    call.on("cancelled", close);
    call.on("error", close);
  };
  return {
    definition: definitionOf("/etcdserverpb.Lease/LeaseKeepAlive", "LeaseRequest", "LeaseResponse", true),
    handler: handler as UntypedHandleCall,
  };
}

function snapshot(face: Face, streams: Set<() => void>): Row {
  const handler: handleServerStreamingCall<unknown, SnapshotResponse> = (call) => {
    const controller = new AbortController();
    const end = () => {
      streams.delete(end);
      controller.abort();
    };
    streams.add(end);
    call.on("cancelled", end);
    (async () => {
      for await (const response of snapshotBlobs(face, controller.signal)) {
        // The next piece is made when this one has left.
        await new Promise<void>((resolve) => call.write(response, () => resolve()));
      }
      call.end();
    })().catch((error) => {
      if (!call.cancelled) call.emit("error", grpcStatus(error));
    }).finally(() => streams.delete(end));
  };
  return {
    definition: definitionOf("/etcdserverpb.Maintenance/Snapshot", "Empty", "SnapshotResponse", true, false),
    handler: handler as UntypedHandleCall,
  };
}
