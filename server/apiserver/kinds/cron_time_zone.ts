const longestPart = 14;
const part = new RegExp(`^[A-Za-z._0-9+][-A-Za-z._0-9+]{0,${longestPart - 1}}$`);

/** What is wrong with the time zone of a CronJob: the name of one of IANA's, as it is written there. */
export function timeZoneProblems(name: string): string[] {
  if (name === "") return ["timeZone must be nil or non-empty string"];
  const unknown = [`unknown time zone ${name}`];
  if (name.split("/").some((text) => text === "." || text === ".." || !part.test(text))) return unknown;
  const isLocal = name.toLowerCase() === "local";
  return [
    ...isLocal ? ["timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"] : [],
    ...isTimeZone(name) ? [] : unknown,
  ];
}

/** Local and UTC, which has no name, among them. Our runtime takes names in any case, and offsets; upstream's looks for a file of that name. */
export function isTimeZone(name: string): boolean {
  if (name === "" || name === "Local") return true;
  if (name.startsWith("+") || name.startsWith("-")) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}
