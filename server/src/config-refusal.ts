import { StartupError } from './platform/startup-error.js';

/** EX_CONFIG of sysexits.h. */
const CONFIGURATION_EXIT_CODE = 78;

/** Throws StartupError with one line, of a sentence for each variable that is wrong; a sentence never quotes a value. */
export const refuse = (sentences: string[]): never => {
  throw new StartupError(`Configuration: ${sentences.join('; ')}.`, CONFIGURATION_EXIT_CODE);
};
