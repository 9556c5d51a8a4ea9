import { Command, Option } from "commander";
import { serverVersion } from "../server/version.ts";
import { currentBundle } from "./bundle/bundle.ts";

/** `skiff version`: from a checkout Skiff and Deno alone; from a built file all that is in it. */
export function versionCommand(): Command {
  return new Command("version")
    .description("print the versions of Skiff and of the parts it is made of")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"))
    .action(({ output }: { output: "text" | "json" }) => {
      const { gitVersion } = serverVersion;
      const manifest = currentBundle()?.manifest;
      const own = [
        { name: "skiff", version: gitVersion },
        { name: "deno", version: Deno.version.deno },
        { name: "v8", version: Deno.version.v8 },
      ];
      if (output === "json") {
        console.log(JSON.stringify(manifest ?? { version: gitVersion, variant: "source", parts: own }, undefined, 2));
        return;
      }
      console.log(`skiff ${gitVersion}\ndeno ${Deno.version.deno} (v8 ${Deno.version.v8})`);
      if (!manifest) return;
      const others = manifest.parts.filter(({ name }) => !own.some((each) => each.name === name));
      for (const { name, version } of others) console.log(`${name} ${version}`);
      console.log(`commit ${manifest.commit}, ${manifest.architecture}, ${manifest.variant}`);
    });
}
