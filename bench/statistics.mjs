// Of several measures of the same: the middle one, and how far they lie apart.

const ascending = (numbers) => numbers.toSorted((one, other) => one - other);

export function median(numbers) {
  const sorted = ascending(numbers);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median with the least and the greatest. */
export function summary(numbers) {
  const sorted = ascending(numbers);
  return { median: median(sorted), least: sorted[0], most: sorted.at(-1) };
}
