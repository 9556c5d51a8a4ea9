/** Reads the field numbers of a generated.proto, against which the numbers in Go's struct tags are checked. */
export function readProtoNumbers(text: string): Map<string, Map<string, number>> {
  const messages = new Map<string, Map<string, number>>();
  let fields = new Map<string, number>();
  for (const line of text.split("\n")) {
    const message = /^message (\w+) \{/.exec(line);
    if (message) messages.set(message[1]!, fields = new Map());
    const field = /^ {2}(?:optional|repeated|required|map<).* (\w+) = (\d+);/.exec(line);
    if (field) fields.set(field[1]!, Number(field[2]));
  }
  return messages;
}
