// What is asked: references that name something that is, was, or never was there.
import { FIELDS, isThere, pickItem } from "./truth.mjs";

const BAD = [
  "op://",
  "op://alpha/item 1",
  "op://alpha//password",
  "alpha/item 1/password",
  "op://a/b/c?x=y",
];
const KINDS = { resolve: 65, bytes: 13, otp: 12, all: 10 };

/** Draws a question: how it is asked, and its references. */
export function drawQuestion(random, truth, most) {
  const kind = random.weighted(KINDS);
  if (kind !== "all") return { kind, references: [drawReference(random, truth, kind)] };
  const count = Math.min(random.between(2, 25), most);
  const references = Array.from({ length: count }, () =>
    drawReference(random, truth, random.chance(0.1) ? "otp" : "resolve"),
  );
  return { kind, references };
}

function drawReference(random, truth, kind) {
  if (random.chance(0.02)) return { text: random.pick(BAD), bad: true };
  const vault = random.pick(truth.vaults);
  const item = pickItem(random, random.chance(0.9) ? vault.items.filter(isThere) : vault.items);
  const byId = { vault: random.chance(0.3), item: item.id !== undefined && random.chance(0.3) };
  const reference = {
    byId,
    vault: byId.vault ? vault.id : pickName(random, vault.name),
    item: byId.item ? item.id : pickName(random, item.title),
    field: kind === "otp" ? "code" : random.pick(FIELDS),
  };
  if (random.chance(0.03)) reference.vault = byId.vault ? reference.vault : "no such vault";
  if (random.chance(0.03)) reference.item = byId.item ? reference.item : "no such item";
  if (random.chance(0.03)) reference.field = "no such field";
  return spell(reference, kind);
}

/** The name of now, or seldom one of before. */
function pickName(random, { entries, current }) {
  return random.chance(0.95) ? current : random.pick(entries).value;
}

/** A reference with its text. */
export function spell({ vault, item, field, ...rest }, kind = "resolve") {
  const query = kind === "otp" && field === "code" ? "?attribute=otp" : "";
  return { vault, item, field, ...rest, text: `op://${vault}/${item}/${field}${query}` };
}
