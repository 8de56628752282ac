// Whether an answer is right: true at some moment of the call, or within what a cache may remember.
import { createHmac } from "node:crypto";
import { LONGEST_MISS_MS } from "./trouble.mjs";

const STEP_MS = 30_000;
/** Clocks of a process that is busy: between what happened and when it was noted. */
const SLACK_MS = 5;

/** When an answer may have been true. `cache` is the client's, `fresh` whether it was not to be asked. */
export function windowOf({ from, to, fresh, cache }) {
  const secretMs = fresh ? 0 : cache.secretTtlMs + cache.staleIfErrorMs;
  const start = from - SLACK_MS;
  return {
    to,
    value: start - secretMs,
    names: start - secretMs - cache.metadataTtlMs,
    absence: start - (fresh || cache.negativeTtlMs === 0 ? 0 : LONGEST_MISS_MS),
  };
}

/** What is wrong with a value; `undefined` if nothing is. */
export function judgeValue(truth, reference, value, window) {
  if (reference.bad) return "a bad reference was answered";
  const items = candidates(truth, reference, window);
  if (items.length === 0) return "nothing of these names was there";
  if (reference.field === "code") {
    return items.some(({ otp }) => codes(otp, window).includes(value))
      ? undefined
      : "not the one-time password";
  }
  const holds = ({ fields }) =>
    fields[reference.field]?.sometimes((one) => one === value, window.value, window.to);
  if (items.some(holds)) return undefined;
  return `not a value of that time: ${whence(truth, value)}`;
}

/** What of the vaults a reference may have meant. */
function vaultsOf(truth, { byId, vault }, window) {
  return truth.vaults.filter(({ id, name }) =>
    byId.vault ? id === vault : name.sometimes((one) => one === vault, window.names, window.to),
  );
}

/** The items that a reference may have meant, while they were active. */
function candidates(truth, reference, window) {
  return vaultsOf(truth, reference, window).flatMap((vault) =>
    named(vault, reference, window).filter(({ state }) =>
      state.sometimes((one) => one === "active", window.value, window.to),
    ),
  );
}

function named({ items }, { byId, item }, window) {
  return items.filter(({ id, title }) =>
    byId.item ? id === item : title.sometimes((one) => one === item, window.value, window.to),
  );
}

/** What is wrong with an error that says how things are; `undefined` if nothing is. */
export function judgeAbsence(truth, reference, code, window) {
  if (reference.bad) return code === "parsing" ? undefined : "a bad reference, not called one";
  const { absence, to } = window;
  switch (code) {
    case "vaultNotFound": {
      const is = ({ id, name }) =>
        reference.byId.vault
          ? id === reference.vault
          : name.always((one) => one === reference.vault, absence, to);
      return truth.vaults.some(is) ? "the vault was there all the time" : undefined;
    }
    case "itemNotFound": {
      const vaults = vaultsOf(truth, reference, window);
      const all = vaults.length > 0 && vaults.every((vault) => wasThere(vault, reference, window));
      return all ? "the item was there all the time" : undefined;
    }
    case "itemNotActive": {
      // A name means what is active: only one that was, and is no more, is found in the bin.
      const states = reference.byId.item ? ["trashed"] : ["trashed", "active"];
      const binned = ({ state }) =>
        states.every((wanted) => state.sometimes((one) => one === wanted, absence, to));
      const items = vaultsOf(truth, reference, window).flatMap((v) => named(v, reference, window));
      return items.some(binned) ? undefined : "the item was active all the time";
    }
    case "tooManyItems": {
      const active = ({ state }) => state.sometimes((one) => one === "active", absence, to);
      // That several had the name is remembered like that none had it.
      const since = { ...window, value: Math.min(window.value, absence) };
      const several = (vault) => named(vault, reference, since).filter(active).length > 1;
      const some = !reference.byId.item && vaultsOf(truth, reference, window).some(several);
      return some ? undefined : "there never were two of them";
    }
    case "fieldNotFound":
      return reference.field === "no such field" ? undefined : "the field is there";
    case "notFound": {
      const is = fileWent(truth, reference, window) || wasReplacedTwice(truth, reference, window);
      return is ? undefined : "it was there all the time";
    }
    default:
      return "nothing explains it";
  }
}

function wasThere({ items }, { byId, item }, { absence, to }) {
  return items.some(({ id, title, state }) =>
    byId.item
      ? id === item && state.always((one) => one === "active" || one === "trashed", absence, to)
      : title.always((one) => one === item, absence, to) &&
        state.always((one) => one === "active", absence, to),
  );
}

/** A file goes with its item, which may have been read just before. */
function fileWent(truth, reference, window) {
  const gone = ({ state }) => state.sometimes((one) => one === "gone", window.value, window.to);
  const items = vaultsOf(truth, reference, window).flatMap((v) => named(v, reference, window));
  return reference.field === "note.txt" && items.some(gone);
}

/** A call looks for a name again, but not without end. */
function wasReplacedTwice(truth, reference, { absence, to, ...window }) {
  const went = ({ state }) =>
    state.sometimes((one) => one === "gone", absence, to) &&
    state.sometimes((one) => one !== "gone", absence, to);
  const items = vaultsOf(truth, reference, { ...window, to }).flatMap((vault) =>
    named(vault, reference, { ...window, to }),
  );
  return !reference.byId.item && items.filter(went).length >= 2;
}

/** Where a value came from, for those who have to find out. */
function whence(truth, value) {
  const now = performance.now();
  for (const [v, { items, name }] of truth.vaults.entries()) {
    for (const { title, state, fields } of items) {
      for (const [field, { entries }] of Object.entries(fields)) {
        const entry = entries.find((one) => one.value === value);
        if (entry === undefined) continue;
        const ago = (at) => (at === Infinity ? "now" : `-${Math.round(now - at)} ms`);
        const of = (history) =>
          history.entries.map((one) => `${one.value} ${ago(one.from)}…${ago(one.to)}`).join(", ");
        return `${field}, true ${ago(entry.from)}…${ago(entry.to)}, of ${of(title)} (${of(state)}) in vault ${v}: ${of(name)}`;
      }
    }
  }
  return "never seen";
}

/** RFC 6238, of every moment that it may have been. */
function codes(secret, { value: from, to }) {
  const origin = performance.timeOrigin;
  const first = Math.floor((origin + from - 1000) / STEP_MS);
  const last = Math.floor((origin + to + 1000) / STEP_MS);
  return Array.from({ length: last - first + 1 }, (_, n) => code(secret, first + n));
}

function code(secret, step) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = Array.from(secret, (letter) => letters.indexOf(letter).toString(2).padStart(5, "0"));
  const key = Buffer.from(
    bits
      .join("")
      .match(/.{8}/g)
      .map((byte) => Number.parseInt(byte, 2)),
  );
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
