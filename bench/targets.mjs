// What the project set out to reach, and whether it has.
import { BUDGET_KIB } from "../scripts/lib/package-checks.mjs";
import { digits, ratios, read, shownRatio } from "./figures.mjs";

const KIB = 1024;
const MB_A_MIB = 1.048576;
const MANY = "secrets a second, 50 at once";
const FIRST = "first byName";
const WARM = `${FIRST}, warm`;

const row = (title, wanted, found, isReached) => [
  title,
  wanted,
  found,
  isReached ? "yes" : "**no**",
];

/** In one process with the service, without what the service takes: no HTTP, no other's work. */
function ratioRow(title, least, found, what) {
  const ratio = ratios(found, what, "netMs");
  return row(title, `${least}×`, shownRatio(ratio), ratio.median >= least);
}

/** The rows: what, at least, measured, yes or no. */
export function judge(plan, { wasm }) {
  const { start, throughput, inside } = plan;
  const [thousand, tenThousand] = [1_000, 10_000].map((items) => plan[`inside ${items}`]);
  const netMs = (found) => read(found, "ours", WARM, "netMs").median;
  const memory = (client) => read(start, client, "memory", "value").median * MB_A_MIB;
  const perSecond = (client) => read(throughput, client, MANY, "value").median;
  const saved = memory("vendor") - memory("ours");
  const many = perSecond("ours") / perSecond("vendor");
  const waitedMs = read(plan["large 10000"], "ours", FIRST, "wallMs").median;
  const growth = netMs(tenThousand) / netMs(thousand);
  const zipped = wasm.zipped / KIB;
  return [
    row("wasm, gzipped", `${BUDGET_KIB} KiB`, `${digits(zipped)} KiB`, zipped <= BUDGET_KIB),
    ratioRow("import to signed in, fresh process", 12, inside, "import to signed in"),
    ratioRow("sign-in, warm", 25, inside, "sign-in, warm"),
    ratioRow("resolve by name, warm, small vault", 30, inside, "byName"),
    ratioRow("first by name of 1,000 items, fresh process", 10, thousand, FIRST),
    ratioRow("the same, warm", 10, thousand, WARM),
    row("the same of 10,000, over HTTP", "1 s", `${digits(waitedMs)} ms`, waitedMs <= 1_000),
    row("10,000 items beside 1,000, warm", "linear: 10×", `${digits(growth)}×`, growth <= 10),
    row("memory with one client", "60 MB less", `${digits(saved)} MB less`, saved >= 60),
    row("secrets a second, 50 at once (so 50 a request)", "20×", `${digits(many)}×`, many >= 20),
  ];
}
