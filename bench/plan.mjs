// What is measured, at which service, how often. A round is a fresh process of each client, in turn.
// The service is in a process of its own, over HTTP; or `inside` the client's, without.

const MB = 1_000_000;

/** A key names a scenario at a service: the report asks for its measures by it. */
export const PLAN = {
  inside: { scenario: "start", inside: { items: 20 }, rounds: 9 },
  "inside 1000": { scenario: "large", inside: { items: 1_000 }, rounds: 7 },
  "inside 10000": { scenario: "large", inside: { items: 10_000 }, rounds: 3 },
  start: { scenario: "start", service: { items: 20 }, rounds: 9, isCold: true },
  many: { scenario: "many", service: { items: 500 }, rounds: 4 },
  "large 1000": { scenario: "large", service: { items: 1_000 }, rounds: 5 },
  "large 10000": { scenario: "large", service: { items: 10_000 }, rounds: 3 },
  "file 1": { scenario: "file", service: { items: 1, files: [MB] }, rounds: 5 },
  "file 40": { scenario: "file", service: { items: 1, files: [40 * MB] }, rounds: 3 },
  "network 0": { scenario: "network", service: { items: 20 }, rounds: 3, isCold: true },
  "network 20": { scenario: "network", service: { items: 20, rttMs: 20 }, rounds: 3, isCold: true },
  "network 100": {
    scenario: "network",
    service: { items: 20, rttMs: 100 },
    rounds: 3,
    isCold: true,
  },
  throughput: { scenario: "throughput", service: { items: 500 }, rounds: 3, isPinned: true },
};
