/**
 * The logger that library code writes to: facts first, then a message. A pino logger fits as it is.
 */
export interface Logger {
  debug(facts: object, message?: string): void
  info(facts: object, message?: string): void
  warn(facts: object, message?: string): void
  error(facts: object, message?: string): void
}

const ignore = () => {}

/** Says nothing: the default wherever a logger is optional. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
