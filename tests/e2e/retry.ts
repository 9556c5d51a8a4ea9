/** Runs `attempt` until it does not throw, and answers what it answers; after `milliseconds`, throws its last error. */
export async function retry<T>(what: string, attempt: () => Promise<T>, milliseconds = 30_000): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) {
        throw new Error(`waited ${milliseconds} ms for ${what}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
