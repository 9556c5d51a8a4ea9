import { UserError } from "./error.ts";

/** The number of one of this machine's groups, by its name or number. */
export async function groupNumber(flag: string, name: string, file = "/etc/group"): Promise<number> {
  if (/^[0-9]{1,9}$/.test(name)) return Number(name);
  const lines = (await Deno.readTextFile(file)).split("\n").map((line) => line.split(":"));
  const found = lines.find(([group]) => group === name)?.[2];
  if (found !== undefined) return Number(found);
  throw new UserError(`${flag} ${JSON.stringify(name)} is no group of this machine`);
}
