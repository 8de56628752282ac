// Reading measures, and writing them for people.
import { summary } from "./statistics.mjs";

/** Three digits, and none after the point from 100 on. */
export const digits = (number) =>
  number >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(number < 0.1 ? 2 : 3)));

/** What one client's measures of a step say: `undefined` where it has none of the kind. */
export function read(found, client, what, kind) {
  const measures = found?.[client]?.[what] ?? [];
  const numbers = measures.map((one) => one[kind]).filter((value) => typeof value === "number");
  return numbers.length > 0 ? summary(numbers) : undefined;
}

/** The middle one, and how far the others lie from it. */
export const shown = (of) =>
  of === undefined ? "–" : `${digits(of.median)} (${digits(of.least)}–${digits(of.most)})`;
/** How many times less ours is. */
export const ratio = (ours, theirs) =>
  ours === undefined || theirs === undefined || ours.median <= 0
    ? "–"
    : `${digits(theirs.median / ours.median)}×`;
