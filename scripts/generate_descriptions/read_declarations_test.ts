import { expect, it } from "vitest";
import { readDeclarations } from "./read_declarations.ts";

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
    * How many; never '0'.
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
      count: "How many; never '0'.",
    },
  });
});

it("finds nothing where nothing is said", () => {
  expect(readDeclarations("export declare class A {\n  'b'?: string;\n}\n").size).toBe(0);
});
