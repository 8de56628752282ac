// What the project set out to reach, and whether it has.
import { digits, read } from "./figures.mjs";

const KIB = 1024;
const MB_A_MIB = 1.048576;
/** How many requests a sign-in has, and the bare ones that are measured beside it. */
const SIGN_IN_REQUESTS = 4;

const times = (number) => `${digits(number)}×`;
const verdict = (isReached) => (isReached ? "yes" : "**no**");
const middle = (found, client, what, kind) => read(found, client, what, kind).median;

function ratioRow(title, least, { net, gross }, note) {
  return [
    title,
    `${least}×`,
    `${times(net)} net, ${times(gross)} in all; ${note}`,
    verdict(net >= least),
  ];
}

/** Processor time of theirs over ours: in all, and without what the requests take by themselves. */
function cpuRatio(found, what, start) {
  const bare = middle(start, "bare", "sign-in, warm", "cpuMs") / SIGN_IN_REQUESTS;
  const cpu = (client) => middle(found, client, what, "cpuMs");
  const net = (client) => cpu(client) - bare * middle(found, client, what, "requests");
  return { gross: cpu("vendor") / cpu("ours"), net: net("vendor") / net("ours") };
}

/** Time of theirs over ours: in all, and without the service's work and a fresh Node's requests. */
function coldRatio(start) {
  const what = "import to signed in";
  const wall = (client) => middle(start, client, what, "wallMs");
  const own = (client) => wall(client) - middle(start, client, what, "serviceMs");
  const net = (client) => own(client) - own("bare");
  return { gross: wall("vendor") / wall("ours"), net: net("vendor") / net("ours") };
}

/** The rows: what, at least, measured, yes or no. */
export function judge(plan, { wasm }) {
  const { start, throughput } = plan;
  const first = "first byName";
  const memory = (client) => middle(start, client, "memory", "value") * MB_A_MIB;
  const saved = memory("vendor") - memory("ours");
  const perSecond = (client) => middle(throughput, client, "secrets a second, 50 at once", "value");
  const tenThousand = middle(plan["large 10000"], "ours", first, "cpuMs");
  const zipped = wasm.zipped / KIB;
  const cpu = "CPU";
  return [
    ["wasm, gzipped", "130 KiB", `${digits(zipped)} KiB`, verdict(zipped <= 130)],
    ratioRow("import to signed in, fresh process", 12, coldRatio(start), "time"),
    ratioRow("sign-in, warm", 25, cpuRatio(start, "sign-in, warm", start), cpu),
    ratioRow("resolve by name, warm, small vault", 30, cpuRatio(start, "byName", start), cpu),
    ratioRow("first by name of 1,000 items", 10, cpuRatio(plan["large 1000"], first, start), cpu),
    [
      "first by name of 10,000 items",
      "1 s",
      `${digits(tenThousand)} ms of CPU`,
      verdict(tenThousand <= 1000),
    ],
    [
      "memory of a process with one client",
      "60 MB less",
      `${digits(saved)} MB less`,
      verdict(saved >= 60),
    ],
    ratioRowOf(
      "secrets a second, 50 at once, so 50 a request",
      20,
      perSecond("ours") / perSecond("vendor"),
    ),
  ];
}

const ratioRowOf = (title, least, ratio) => [
  title,
  `${least}×`,
  times(ratio),
  verdict(ratio >= least),
];
