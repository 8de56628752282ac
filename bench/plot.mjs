// The plot of RESULTS.md: processor time of both clients, by Vega-Lite, as an SVG.
import { parse, View } from "vega";
import { compile } from "vega-lite";
import { read } from "./figures.mjs";

/** Key of the plan, step, title. */
const BARS = [
  ["start", "import to signed in", "import to signed in"],
  ["start", "sign-in, warm", "sign-in, warm"],
  ["start", "byName", "a secret by name"],
  ["start", "byId", "a secret by id"],
  ["many", "20 by name", "20 secrets at once"],
  ["large 1000", "first byName", "first secret of 1,000 items"],
  ["large 10000", "first byName", "first secret of 10,000 items"],
];
const CLIENTS = { ours: "onepassword-edge", vendor: "@1password/sdk" };
const SCALE = [1, 3_000];
const COLOURS = ["#0a7d5a", "#b9bec6"];

export async function drawPlot(plan) {
  const values = BARS.flatMap(([key, what, title]) =>
    Object.entries(CLIENTS).map(([client, name]) => {
      const ms = read(plan[key], client, what, "cpuMs")?.median;
      return { title, client: name, ms, label: ms === undefined ? "" : label(ms) };
    }),
  );
  const y = { field: "title", type: "nominal", sort: null, title: null };
  const yOffset = { field: "client", sort: Object.values(CLIENTS) };
  const x = {
    field: "ms",
    type: "quantitative",
    scale: { type: "log", domain: SCALE },
    title: "processor time of the client's process, milliseconds (logarithmic)",
  };
  const scale = { domain: Object.values(CLIENTS), range: COLOURS };
  const { spec } = compile({
    data: { values: values.filter(({ ms }) => ms !== undefined) },
    width: 520,
    height: { step: 17 },
    encoding: { y, yOffset, x },
    layer: [
      {
        mark: "bar",
        // A logarithm has no zero to begin at.
        encoding: {
          x: { ...x, stack: null },
          x2: { datum: SCALE[0] },
          color: { field: "client", scale, title: null, legend: { orient: "top" } },
        },
      },
      {
        mark: { type: "text", align: "left", dx: 4, fontSize: 10 },
        encoding: { text: { field: "label" } },
      },
    ],
    config: { axis: { labelLimit: 320, labelFontSize: 12 }, view: { stroke: null } },
  });
  return `${await new View(parse(spec), { renderer: "none" }).toSVG()}\n`;
}

const label = (ms) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
