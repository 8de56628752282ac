import { visible } from "../client/told.js";
import { withClient } from "./account.js";
import type { Command, Context } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import type { Output } from "./output.js";

export const list: Command = {
  name: "list",
  summary: "list the vaults, or the items of a vault",
  usage: "list [options] [vault]",
  details:
    "Lists what the service account may read: a table on a terminal, else lines of columns that tabs\nseparate, without a heading: id, title, kind. No secret is in it.",
  examples: [
    ["list", "the vaults"],
    ["list app", "the items of the vault called app"],
    ["list app --json", "the same with all that is known of them, as JSON"],
  ],
  options: {},
  run: listNames,
};

/** What is shown of a vault or an item. */
type Row = readonly [id: string, title: string, kind: string];

async function listNames(context: Context): Promise<number> {
  const { args, output } = context;
  if (args.length > 1) throw usageError("list takes one vault; put a name with spaces in quotes");
  const [vault] = args;
  const all = await withClient(context, async ({ vaults, items }) =>
    vault === undefined ? await vaults.list() : await items.list(vault),
  );
  if (output.isJson) await output.json(all);
  else await printRows(output, all.map(rowOf));
  return EXIT.done;
}

type Listed = { id: string; title: string } & ({ vaultType: string } | { category: string });

function rowOf(one: Listed): Row {
  return [one.id, one.title, "vaultType" in one ? one.vaultType : one.category];
}

async function printRows(output: Output, rows: readonly Row[]): Promise<void> {
  const shown = rows.map((row) => row.map(visible));
  if (!output.isTerminal) return await output.write(linesOf(shown.map((row) => row.join("\t"))));
  if (rows.length === 0) return await output.note("There is nothing that this token may read.");
  const table = [["ID", "TITLE", "KIND"], ...shown];
  const widths = [0, 1].map((at) => Math.max(...table.map((row) => widthOf(row[at] ?? ""))));
  const [head = "", ...lines] = table.map((row) =>
    row
      .map((cell, at) => cell + " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell))))
      .join("  ")
      .trimEnd(),
  );
  await output.write(linesOf([output.styled(process.stdout, "bold", head), ...lines]));
}

const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u;
const NARROW = /\p{Mn}|\p{Me}/u;

/** How many columns of a terminal a text takes: Chinese and emoji take two each. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += NARROW.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}
