import { describe, expect, it } from "vitest";
import { seededRandom } from "../meta/_seeded_random.ts";
import { apiVersionOf } from "../resource.ts";
import { schema } from "../schema/schema.ts";
import { placesOf, randomObject } from "./_random_object.ts";
import { decodeJSON } from "./json.ts";
import { DecodeError, formatPath } from "./problem.ts";
import { decodeYAML, encodeYAML } from "./yaml.ts";

const random = seededRandom();

/** An object of each kind that can be stored. */
function objects() {
  return schema.resources().map((r) => {
    const message = schema.ofKind(apiVersionOf(r), r.kind)!;
    const { apiVersion: _, kind: __, metadata, ...rest } = randomObject(schema, message, random);
    return {
      message,
      object: {
        apiVersion: apiVersionOf(r),
        kind: r.kind,
        metadata: { name: "a", ...metadata as object },
        ...rest,
      } as Record<string, unknown>,
    };
  });
}

describe(`random objects of every kind (SKIFF_TEST_SEED=${random.seed})`, () => {
  it("are decoded from JSON as they are, without a problem", () => {
    for (let round = 0; round < 5; round++) {
      for (const { object } of objects()) {
        const { object: decoded, problems } = decodeJSON(JSON.stringify(object, null, round));
        expect(problems).toEqual([]);
        expect(JSON.stringify(decoded)).toBe(JSON.stringify(object));
      }
    }
  });

  it("come back from YAML as they went in", () => {
    for (const { object } of objects()) {
      const [document, ...more] = decodeYAML(encodeYAML(object));
      expect(more).toEqual([]);
      expect(document!.problems).toEqual([]);
      expect(document!.object).toEqual(object);
    }
  });

  it("with one field renamed have that field reported, and lose it alone", () => {
    for (const { object, message } of objects()) {
      const place = random.pick(placesOf(schema, message, object).filter((p) => p.path.length > 1));
      const value = place.holder[place.name];
      delete place.holder[place.name];
      const without = structuredClone(object);
      place.holder.noSuchField = value;
      const path = formatPath([...place.path.slice(0, -1), "noSuchField"]);
      const { object: decoded, problems } = decodeJSON(JSON.stringify(object));
      expect(problems.map((p) => p.message)).toEqual([`unknown field "${path}"`]);
      expect(decoded).toEqual(without);
    }
  });

  it("with one value of another type have it reported at its path", () => {
    for (const { object, message } of objects()) {
      const typed = placesOf(schema, message, object).filter((p) =>
        p.path.length > 1 && !(p.type.is === "scalar" && p.type.scalar === "raw")
      );
      const place = random.pick(typed);
      const wrong = place.type.is === "scalar" ? [] : "text";
      place.holder[place.name] = wrong;
      const path = formatPath(place.path);
      const error = refusal(() => decodeJSON(JSON.stringify(object)));
      expect(error.reason).toBe("WrongType");
      expect(error.problems.map((p) => formatPath(p.path))).toEqual([path]);
      expect(error.message).toMatch(/: expected .+, found (array|string "text")$/);
    }
  });

  it("with one key written twice have it reported", () => {
    for (const { object, message } of objects()) {
      const place = random.pick(placesOf(schema, message, object).filter((p) => p.path.length > 1));
      const value = place.holder[place.name];
      delete place.holder[place.name];
      place.holder["\u0001mark"] = 0;
      const pair = `${JSON.stringify(place.name)}:${JSON.stringify(value)}`;
      const text = JSON.stringify(object).replace('"\\u0001mark":0', () => `${pair},${pair}`);
      const messages = decodeJSON(text).problems.map((p) => p.message);
      expect(messages).toEqual([`duplicate field "${formatPath(place.path)}"`]);
    }
  });
});

function refusal(body: () => unknown): DecodeError {
  try {
    body();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
