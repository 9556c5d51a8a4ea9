import { Command } from "commander";
import { type ContainerdFlags, endpointOption } from "../containerd_socket.ts";
import { dataDirOption } from "../data_dir.ts";
import { type OutputFlags, outputOption } from "../output.ts";
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
