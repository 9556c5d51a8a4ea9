interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** For numbers from `min` on. */
  readonly names?: readonly string[];
}

const fields: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day-of-month", min: 1, max: 31 },
  {
    name: "month",
    min: 1,
    max: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day-of-week", min: 0, max: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const macros = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every\s+([\d.]+(ns|us|µs|ms|s|m|h))+)$/;

/** What is wrong with the schedule of a CronJob, in words; undefined when it is one: five fields of cron as upstream reads them, or a macro. */
export function scheduleProblem(schedule: string): string | undefined {
  const text = schedule.trim();
  if (text.startsWith("@")) {
    return macros.test(text)
      ? undefined
      : `${text} is no macro; there are @yearly, @monthly, @weekly, @daily, @hourly and @every 1h30m`;
  }
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) {
    return 'expected five fields (minute hour day-of-month month day-of-week), such as "*/5 * * * *", or a macro such as @hourly';
  }
  for (const [i, field] of fields.entries()) {
    for (const item of parts[i]!.split(",")) {
      const problem = itemProblem(item, field);
      if (problem !== undefined) return `${field.name}: ${problem}`;
    }
  }
  return undefined;
}

/** `*`, `5`, `5-9`, each also with `/2`. */
function itemProblem(item: string, field: Field): string | undefined {
  const [range = "", step, ...rest] = item.split("/");
  if (rest.length > 0) return `${JSON.stringify(item)} has more than one /`;
  if (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0)) {
    return `${JSON.stringify(step)} is no step; a step is a number above 0`;
  }
  if (range === "*" || range === "?") return undefined;
  const [first = "", last, ...more] = range.split("-");
  if (more.length > 0) return `${JSON.stringify(range)} has more than one -`;
  const from = numberOf(first, field);
  const to = last === undefined ? from : numberOf(last, field);
  for (const [word, value] of [[first, from], [last, to]] as const) {
    if (value === undefined || value < field.min || value > field.max) {
      return `${JSON.stringify(word)} is not between ${field.min} and ${field.max}`;
    }
  }
  return from! > to! ? `${JSON.stringify(range)} ends before it begins` : undefined;
}

function numberOf(word: string, { names = [], min }: Field): number | undefined {
  if (/^\d+$/.test(word)) return Number(word);
  const index = names.indexOf(word.toLowerCase());
  return index < 0 ? undefined : index + min;
}
