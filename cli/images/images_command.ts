import { Command } from "commander";
import { type ContainerdFlags, endpointOption } from "../containerd_socket.ts";
import { dataDirOption } from "../data_dir.ts";
import { type OutputFlags, outputOption } from "../output.ts";
import type { BundleFlags } from "./bundle.ts";
import type { UnbundleFlags } from "./unbundle.ts";
import { forUser } from "../user_errors.ts";

/** `skiff images`: the images of this machine's node. */
export function imagesCommand(): Command {
  const command = new Command("images").description("list, import and export the images of this node");
  command.addCommand(
    common("list", "show the images").alias("ls").addOption(outputOption())
      .action((flags: ContainerdFlags & OutputFlags) => run((actions) => actions.list(flags))),
  );
  command.addCommand(
    common("import", "import archives: docker save, OCI layouts, also .gz and .zst")
      .argument("<file...>", "the archives; files in agent/images of the data directory are imported by themselves")
      .action((files: string[], flags: ContainerdFlags) => run((actions) => actions.importFiles(files, flags))),
  );
  command.addCommand(
    common("export", "write images to an archive that import and docker load can read")
      .argument("<file>", "the archive to write, .tar")
      .argument("<image...>", "names of images")
      .action((file: string, images: string[], flags: ContainerdFlags) =>
        run((actions) => actions.exportImages(file, images, flags))
      ),
  );
  command.addCommand(
    common("bundle", "pack images, this Skiff and its installer into one archive, for a site without a network")
      .argument("<file>", "the archive to write, .tar; there: tar -xf FILE && sudo sh install.sh")
      .argument("<image...>", "names of images; those that this node lacks are pulled first")
      .option("--name <name>", "bundles of different names live side by side on a node", "bundle")
      .option("--delta-from <bundle>", "leave out what this older bundle has; it works where that one was installed")
      .action(async (file: string, images: string[], flags: BundleFlags) => {
        const { bundleImages } = await import("./bundle.ts");
        await forUser(() => bundleImages(file, images, flags));
      }),
  );
  command.addCommand(
    new Command("unbundle").description("put the images of an unpacked bundle where the agent imports and pins them")
      .argument("<directory>", "where the bundle was unpacked")
      .addOption(dataDirOption("the data directory of the agent"))
      .option("--check", "verify only", false)
      .action(async (directory: string, flags: UnbundleFlags) => {
        const { unbundle } = await import("./unbundle.ts");
        const { images, name } = await forUser(() => unbundle(directory, flags));
        const verb = flags.check ? "verified" : `put into ${flags.dataDir}/agent/images/${name}.tar`;
        console.log(`${verb}: ${images.names.join(", ")}`);
      }),
  );
  return command;
}

function common(name: string, description: string): Command {
  return new Command(name).description(description)
    .addOption(dataDirOption("the data directory of the agent"))
    .addOption(endpointOption());
}

async function run(action: (actions: typeof import("./images_actions.ts")) => Promise<void>): Promise<void> {
  const actions = await import("./images_actions.ts");
  await forUser(() => action(actions));
}
