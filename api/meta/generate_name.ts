/** Letters and digits of generated names: no vowels, so that no words form, and none that look alike. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
/** A generated name fits a DNS label, whatever its kind allows. */
const maxPrefixLength = 63 - suffixLength;

/** `length` characters of the alphabet of generated names. `random` gives numbers in [0, 1). */
export function randomSuffix(length: number, random: () => number = Math.random): string {
  let suffix = "";
  while (suffix.length < length) suffix += alphabet[Math.floor(random() * alphabet.length)];
  return suffix;
}

/** The name for an object with `generateName: prefix`: the prefix, cut to fit, and five random characters. */
export function generateName(prefix: string, random: () => number = Math.random): string {
  return prefix.slice(0, maxPrefixLength) + randomSuffix(suffixLength, random);
}

/** Maps any ASCII text onto the alphabet of generated names, as hashes in names are shown. */
export function safeEncode(text: string): string {
  let encoded = "";
  for (let i = 0; i < text.length; i++) encoded += alphabet[text.charCodeAt(i) % alphabet.length];
  return encoded;
}
