/** What one question to a container came to. */
export interface ProbeOutcome {
  /** Undefined when nobody could be asked, which says nothing of the container: the runtime is away. */
  readonly success: boolean | undefined;
  /** Shown in the event: what was answered, or why not. */
  readonly output: string;
}
