/**
 * A string whose native order (`<`, by UTF-16 unit) is the byte order of `key` in UTF-8, the order that the contract and SQLite use.
 * The two differ only where surrogates (U+10000 and up) meet U+E000 to U+FFFF; Kubernetes' own keys come back as they are.
 */
export function sortKey(key: string): string {
  if (!/[\ud800-\uffff]/.test(key)) return key;
  let sorted = "";
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    sorted += String.fromCharCode(unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
  }
  return sorted;
}
