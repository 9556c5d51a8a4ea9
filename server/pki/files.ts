export { readIfPresent, writeFileAtomically } from "../../client/files.ts";
