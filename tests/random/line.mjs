// The closing line of a run.

const list = (counts) =>
  Object.entries(counts)
    .sort(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} ${count}`)
    .join(" ") || "none";
const kilobytes = (bytes) => `${Math.round(bytes / 1024)} KB`;

export function closingLine(result) {
  const { seed, resolves, right, wrong, requests, repeatedNumbers, seconds } = result;
  return [
    `seed ${seed}: ${resolves} resolves`,
    `${right} right`,
    `${wrong} wrong`,
    `faults: ${list(result.faults)}`,
    `errors: ${list(result.errors)}`,
    `changes: ${list(result.changes)}`,
    `${requests} requests`,
    `${repeatedNumbers} repeated numbers`,
    `heap ${kilobytes(result.heapGrowth)}, wasm ${kilobytes(result.wasmGrowth)} more`,
    `${seconds.toFixed(1)} s`,
  ].join("; ");
}
