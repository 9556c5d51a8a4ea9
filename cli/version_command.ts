import { Command } from "commander";
import { serverVersion } from "../server/version.ts";

export function versionCommand(): Command {
  return new Command("version").description("print the versions of Skiff, Kubernetes' API and Deno").action(() => {
    console.log(`skiff ${serverVersion.gitVersion}\ndeno ${Deno.version.deno} (v8 ${Deno.version.v8})`);
  });
}
