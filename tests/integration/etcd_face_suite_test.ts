import { installHttp2Guard } from "../../client/http2_guard.ts";
import { openEtcd } from "../../datastore/etcd/open.ts";
import { serveEtcd } from "../../datastore/etcd_face/serve.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { testDatastore } from "../../datastore/suite/datastore_suite.ts";

installHttp2Guard();

// The engine for etcd, on what only looks like one.
testDatastore({
  name: "etcd's face of memory",
  durable: true,
  async create() {
    const memory = openMemory();
    const face = await serveEtcd({ datastore: memory, address: "127.0.0.1", port: 0 });
    return {
      open: () => openEtcd({ endpoints: [`http://127.0.0.1:${face.port}`] }),
      async dispose() {
        await face.close();
        await memory.close();
      },
    };
  },
});
