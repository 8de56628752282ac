import { ownOf } from "../client/own.js";

/** A value and when it ends, for stores that keep it longer than they were told to. */
export interface TimedValue {
  readonly value: string;
  readonly endsMs: number;
}

/** What is to be stored for so many seconds from now. */
export function timed(value: string, ttlSeconds: number): TimedValue {
  return { value, endsMs: Date.now() + ttlSeconds * 1000 };
}

/** Whether this is such a value, and has not ended. Anybody may have written to a store. */
export function isLive(given: unknown): given is TimedValue {
  const { value, endsMs }: Partial<TimedValue> = ownOf(Object(given));
  return typeof value === "string" && typeof endsMs === "number" && endsMs > Date.now();
}
