export function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
