/** How it ends: a stable exit code for scripts. */

export const EXIT_CODES = { allowed: 0, wait: 10, denied: 20, unknown: 30, misused: 40, unreachable: 50 } as const;
export type Exit = keyof typeof EXIT_CODES;

/** Ends the command with that code and sentence. */
export class Stop extends Error {
  readonly exit: Exit;
  readonly body: unknown;
  constructor(exit: Exit, message: string, body: unknown = null) {
    super(message);
    this.exit = exit;
    this.body = body;
  }
}

/** What came back where nothing did. */
export class Unreachable extends Error {}
