import { visible } from "../client/told.js";

class VendorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The service has had enough requests for now; the cause says more. */
export class RateLimitExceededError extends VendorError {
  override name: string = "RateLimitExceededError";
}

/** Signing in has to be done again by hand. Never thrown here: this client does it by itself. */
export class AuthExpiredError extends VendorError {
  override name: string = "AuthExpiredError";
}

/** The session with the desktop app has ended. Never thrown here: there is none. */
export class DesktopSessionExpiredError extends VendorError {
  override name: string = "DesktopSessionExpiredError";
}

const CLASSES: ReadonlyMap<string, new (message: string) => Error> = new Map([
  ["RateLimitExceeded", RateLimitExceededError],
  ["AuthExpired", AuthExpiredError],
  ["DesktopSessionExpired", DesktopSessionExpiredError],
]);

/**
 * Throws what a text tells: `{"name":"RateLimitExceeded","message":"…"}`, or else an `Error` with
 * the text. Invisible characters are written as `\u{202e}`.
 */
export const throwError = (errString: string): never => {
  const { name, message } = parsed(errString);
  throw new (CLASSES.get(name) ?? Error)(visible(message));
};

function parsed(text: string): { name: string; message: string } {
  try {
    const told = JSON.parse(text);
    // Throws for null, which tells nothing either.
    const own = (name: string) => String(Object.hasOwn(told, name) ? told[name] : undefined);
    return { name: own("name"), message: own("message") };
  } catch {
    return { name: "", message: text };
  }
}
