import protobuf from "protobufjs/light.js";
import descriptor from "./cri.generated.json" with { type: "json" };

/** What a message looks like once decoded: numbers for 64-bit integers, names for enum values, every field there. */
export type Fields = Record<string, unknown>;

/** Encodes and decodes messages of one protobuf package. */
export interface Codec {
  encode(type: string, fields: Fields): Uint8Array;
  decode(type: string, bytes: Uint8Array): Fields;
}

/** The messages of `runtime.v1`. */
export function criCodec(): Codec {
  return codec(protobuf.Root.fromJSON(descriptor as protobuf.INamespace));
}

/** The few messages of containerd's own API that tell of a task's life (api/services/events/v1, api/services/tasks/v1 and api/events). */
export function containerdEventCodec(): Codec {
  const string = (id: number) => ({ type: "string", id });
  const uint32 = (id: number) => ({ type: "uint32", id });
  return codec(protobuf.Root.fromJSON({
    nested: {
      SubscribeRequest: { fields: { filters: { rule: "repeated", type: "string", id: 1 } } },
      PublishRequest: { fields: { topic: string(1), event: { type: "Any", id: 2 } } },
      Empty: { fields: {} },
      ListTasksRequest: { fields: {} },
      ListTasksResponse: { fields: { tasks: { rule: "repeated", type: "Process", id: 1 } } },
      Process: { fields: { containerId: string(1), id: string(2), status: uint32(4) } },
      Envelope: { fields: { namespace: string(2), topic: string(3), event: { type: "Any", id: 4 } } },
      Any: { fields: { typeUrl: string(1), value: { type: "bytes", id: 2 } } },
      TaskExit: { fields: { containerId: string(1), id: string(2), exitStatus: uint32(4) } },
      TaskOOM: { fields: { containerId: string(1) } },
      TaskStart: { fields: { containerId: string(1) } },
      ContainerDelete: { fields: { id: string(1) } },
    },
  }));
}

function codec(root: protobuf.Root): Codec {
  return {
    encode(type, fields) {
      const message = root.lookupType(type);
      return message.encode(message.fromObject(fields)).finish();
    },
    decode(type, bytes) {
      const message = root.lookupType(type);
      return message.toObject(message.decode(bytes), { longs: Number, enums: String, defaults: true });
    },
  };
}
