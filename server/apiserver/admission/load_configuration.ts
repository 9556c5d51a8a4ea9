import { parseYAML } from "../../../api/codec/yaml.ts";
import { type AdmissionConfiguration, readAdmissionConfiguration } from "./configuration.ts";
import { AdmissionConfigurationError } from "./configuration_reader.ts";

/** Reads the file and those it names, by paths that are relative to it. Throws an AdmissionConfigurationError with the file's name. */
export async function loadAdmissionConfiguration(file: string): Promise<AdmissionConfiguration> {
  const directory = file.slice(0, file.lastIndexOf("/") + 1);
  try {
    const document = await parseFile(file);
    return await readAdmissionConfiguration(
      document,
      (path) => parseFile(path.startsWith("/") ? path : `${directory}${path}`),
    );
  } catch (error) {
    if (!(error instanceof AdmissionConfigurationError)) throw error;
    throw new AdmissionConfigurationError(`admission configuration ${file}: ${error.message}`);
  }
}

async function parseFile(file: string): Promise<unknown> {
  try {
    const { value, duplicates: [duplicate] } = parseYAML(await Deno.readTextFile(file));
    if (duplicate === undefined) return value;
    throw new AdmissionConfigurationError(`${file}: ${duplicate.message}`);
  } catch (error) {
    if (error instanceof AdmissionConfigurationError) throw error;
    throw new AdmissionConfigurationError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
