import { describe, expect, it } from "vitest";
import { canonicalQuantity, Quantity, QuantityError } from "./quantity.ts";
import { seededRandom } from "./_seeded_random.ts";

const parse = Quantity.parse;

describe("Quantity", () => {
  it.each([
    ["0", "0"],
    ["0Ki", "0"],
    ["-0", "0"],
    ["1", "1"],
    ["1.5", "1500m"],
    ["0.5Gi", "512Mi"],
    ["1.5Gi", "1536Mi"],
    ["1024Ki", "1Mi"],
    ["1000Ki", "1000Ki"],
    ["1023", "1023"],
    ["0.5Ki", "512"],
    ["0.0001Ki", "102400u"],
    ["1Ki", "1Ki"],
    ["100m", "100m"],
    ["1000m", "1"],
    ["1100m", "1100m"],
    ["100000", "100k"],
    ["1000000k", "1G"],
    ["1000u", "1m"],
    ["1n", "1n"],
    ["0.1n", "1n"],
    ["-0.1n", "-1n"],
    ["1E", "1E"],
    ["1000E", "1000E"],
    ["1Ei", "1Ei"],
    ["16Ei", "9223372036854775807"],
    ["1e3", "1e3"],
    ["1E3", "1e3"],
    ["10e2", "1e3"],
    ["1e-3", "1e-3"],
    ["12e6", "12e6"],
    ["1e0", "1"],
    [".5", "500m"],
    ["5.", "5"],
    ["+5", "5"],
    ["007", "7"],
    ["-1.5Gi", "-1536Mi"],
    [" 1 ", "1"],
    [0.25, "250m"],
    [1e21, "1e21"],
    [2, "2"],
  ])("prints in canonical form: %s", ([from, canonical]) => {
    expect(canonicalQuantity(from as string | number)).toBe(canonical);
  });

  it.each([
    "",
    "+",
    ".",
    "m",
    "1.1.M",
    "0.1mi",
    "aoeu",
    "1i",
    "1 Gi",
    "1e",
    "1e+",
    "--1",
    "1GiB",
    "1K",
    "1e999999999",
    "0x10",
  ])(
    "refuses %s",
    (text) => {
      expect(() => parse(text)).toThrow(QuantityError);
    },
  );

  it("quotes what it refuses, and cuts it", () => {
    expect(() => parse("1GB")).toThrow(/^quantity "1GB" is not a decimal number/);
    expect(() => parse("9".repeat(100_000))).toThrow(/longer than 128 characters/);
  });

  it("gives values rounded away from zero", () => {
    expect(parse("1500m").value()).toBe(2);
    expect(parse("-1500m").value()).toBe(-2);
    expect(parse("1n").milliValue()).toBe(1);
    expect(parse("1n").value()).toBe(1);
    expect(parse("250m").milliValue()).toBe(250);
    expect(parse("1Gi").value()).toBe(2 ** 30);
    expect(parse("9007199254740991").value()).toBe(Number.MAX_SAFE_INTEGER);
    expect(parse("1n").negate().milliValue()).toBe(-1);
  });

  it("keeps a format through arithmetic", () => {
    expect(parse("0").add(parse("1Gi")).toString()).toBe("1Gi");
    expect(parse("1Gi").add(parse("1k")).toString()).toBe("1073742824");
    expect(parse("1k").add(parse("1Ki")).toString()).toBe("2024");
    expect(parse("1").subtract(parse("1")).toString()).toBe("0");
    expect(Quantity.of(2 ** 40, "BinarySI").toString()).toBe("1Ti");
    expect(Quantity.of(Number.MAX_SAFE_INTEGER).toString()).toBe("9007199254740991");
    expect(Quantity.ofMilli(1500).toString()).toBe("1500m");
    expect(() => Quantity.of(0.5)).toThrow(RangeError);
    expect(JSON.stringify({ cpu: parse("2000m") })).toBe('{"cpu":"2"}');
  });

  it("agrees with exact arithmetic on random quantities", () => {
    const random = seededRandom();
    const suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "e3", "e-6"];
    const exponents: Record<string, bigint> = {
      n: 1n,
      u: 10n ** 3n,
      m: 10n ** 6n,
      "": 10n ** 9n,
      k: 10n ** 12n,
      M: 10n ** 15n,
      G: 10n ** 18n,
      T: 10n ** 21n,
      P: 10n ** 24n,
      E: 10n ** 27n,
      Ki: 10n ** 9n << 10n,
      Mi: 10n ** 9n << 20n,
      Gi: 10n ** 9n << 30n,
      Ti: 10n ** 9n << 40n,
      e3: 10n ** 12n,
      "e-6": 10n ** 3n,
    };
    const cap = 2n ** 62n * 10n ** 9n;
    const draw = () => {
      const suffix = random.pick(suffixes);
      const digits = BigInt(random.below(random.pick([10, 2000, 1_000_000, 4_000_000_000])));
      const sign = random.below(4) === 0 ? -1n : 1n;
      return { text: `${sign < 0n ? "-" : ""}${digits}${suffix}`, nano: sign * digits * exponents[suffix]! };
    };
    for (let i = 0; i < 3000; i++) {
      const [a, b] = [draw(), draw()];
      // Binary quantities are capped where 64 bits end.
      if ([a.nano, b.nano].some((nano) => nano > cap || nano < -cap)) continue;
      const context = `seed ${random.seed}: ${a.text} and ${b.text}`;
      const [p, q] = [parse(a.text), parse(b.text)];
      expect([context, p.compare(q)]).toEqual([context, a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0]);
      const exact = (nano: bigint) => parse(`${nano}n`);
      expect([context, p.add(q).equals(exact(a.nano + b.nano))]).toEqual([context, true]);
      expect([context, p.subtract(q).equals(exact(a.nano - b.nano))]).toEqual([context, true]);
      expect([context, parse(p.toString()).equals(p)]).toEqual([context, true]);
      expect([context, canonicalQuantity(p.toString())]).toEqual([context, p.toString()]);
    }
  });
});
