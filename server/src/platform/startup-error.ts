/** The process cannot start, for a reason the operator can act on. `message` is one sentence, shown without a stack. */
export class StartupError extends Error {
  readonly exitCode: number;

  /** `exitCode` follows sysexits.h: 78 for configuration, 69 for a service that is unavailable, 73 for files. */
  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartupError';
    this.exitCode = exitCode;
  }
}
