const SHARED = /^(https?|postgres(ql)?):\/\//;

/** Whether several servers can use the datastore of an endpoint: etcd and PostgreSQL, not a file or a process's memory. */
export function isShared(endpoint: string | undefined): boolean {
  return endpoint !== undefined && SHARED.test(endpoint);
}
