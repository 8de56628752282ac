// Reading measures, and writing them for people.
import { median, summary } from "./statistics.mjs";

/** Three digits, and none after the point from 100 on. */
export const digits = (number) =>
  number >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(number < 0.1 ? 2 : 3)));

const measured = (found, client, what, kind) =>
  (found?.[client]?.[what] ?? []).filter((one) => typeof one[kind] === "number");

/** What one client's measures of a step say: `undefined` where it has none of the kind. */
export function read(found, client, what, kind) {
  const numbers = measured(found, client, what, kind).map((one) => one[kind]);
  return numbers.length > 0 ? summary(numbers) : undefined;
}

/**
 * Theirs over ours, round by round, in each of which the one ran after the other: what slows the
 * machine down for a while slows both. `undefined` where no round has both.
 */
export function ratios(found, what, kind) {
  const ofRound = (client, round) =>
    measured(found, client, what, kind).filter((one) => one.round === round);
  const rounds = new Set(measured(found, "ours", what, kind).map((one) => one.round));
  const quotients = [...rounds].flatMap((round) => {
    const [ours, theirs] = ["ours", "vendor"].map((client) =>
      ofRound(client, round).map((one) => one[kind]),
    );
    if (theirs.length === 0) return [];
    if (median(ours) <= 0) throw new RangeError(`${what} took ${median(ours)} ms`);
    return [median(theirs) / median(ours)];
  });
  return quotients.length > 0 ? summary(quotients) : undefined;
}

/** The middle one, and how far the others lie from it. */
export const shown = (of) =>
  of === undefined ? "–" : `${digits(of.median)} (${digits(of.least)}–${digits(of.most)})`;

/** A ratio above 1 is in our favour. */
export const shownRatio = (of) =>
  of === undefined ? "–" : `${digits(of.median)}× (${digits(of.least)}–${digits(of.most)})`;
