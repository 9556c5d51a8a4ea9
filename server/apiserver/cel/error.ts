/** An expression that cannot be used, or not with these values. The message has the expression and what is wrong with it. */
export class CelError extends Error {
  readonly reason = "InvalidExpression";
  /** What is wrong, on one line. */
  readonly detail: string;
  /** The same as upstream shows it, with the place; the detail for what fails when values are there. */
  readonly issue: string;

  constructor(expression: string, cause: unknown, issue?: string) {
    const { summary, message } = cause as { summary?: string; message?: string };
    const detail = summary ?? message ?? String(cause);
    super(`the expression ${JSON.stringify(expression)}: ${detail}`, { cause });
    this.name = "CelError";
    this.detail = detail;
    this.issue = issue ?? detail;
  }
}
