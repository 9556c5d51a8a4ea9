import { expect, it } from "vitest";
import { readDeclarations, readModel, readRequest } from "./read_declarations.ts";

const source = `/**
 * The file's own head.
 */
import { V1Part } from '../models/V1Part.js';
/**
* A thing of many parts.
*/
export declare class V1Thing {
    /**
    * Where it comes from.
    * And a second line.
    */
    '_from'?: string;
    'silent'?: V1Part;
    /**
    * How many; never \\"0\\", nor \\'none\\'.
    */
    'count': number;
    static readonly discriminator: string | undefined;
}
export declare class V1Silent {
    'x'?: string;
}
`;

it("reads what is said of a class and its fields", () => {
  expect(Object.fromEntries(readDeclarations(source))).toEqual({
    V1Thing: {
      "": "A thing of many parts.",
      from: "Where it comes from.\nAnd a second line.",
      count: `How many; never "0", nor 'none'.`,
    },
  });
});

it("finds nothing where nothing is said", () => {
  expect(readDeclarations("export declare class A {\n  'b'?: string;\n}\n").size).toBe(0);
});

it("reads what is said of a request's parameters", () => {
  const requests = `export interface ApiReadThingRequest {
    /**
     * Where it continues: never \\&#39;here\\&#39;.  But there.
     * Defaults to: undefined
     * @type string
     */
    _continue?: string;
    silent: string;
}
export interface ApiOtherRequest {
    /**
     * Something else.
     * Defaults to: undefined
     * @type boolean
     */
    other?: boolean;
}
`;
  expect(readRequest(requests, "ApiReadThingRequest")).toEqual({
    continue: "Where it continues: never 'here'.\n\nBut there.",
  });
  expect(readRequest(requests, "ApiThing")).toEqual({});
});

it("reads what is said of a model, with its lines and of fields that refer to others", () => {
  const model = `import { IIoK8sApiCoreV1Part } from "./Part.js";
/**
 * A thing of
 * two lines.
 * @deprecated
 */
export interface IThing {
    /**
     * Where '\\*\\/' is.
     */
    "part"?: IIoK8sApiCoreV1Part;
}
/**
 * A class.
 */
export declare class Thing {
    /**
     * Not this one.
     */
    "part"?: IIoK8sApiCoreV1Part;
}
export type { IThing as IIoK8sApiCoreV1Thing, Thing as IoK8sApiCoreV1Thing };
`;
  expect(readModel(model)).toEqual(["CoreV1Thing", { "": "A thing of\ntwo lines.", part: "Where '*/' is." }]);
  expect(readModel("export interface IOther {\n}\n")).toBeUndefined();
});
