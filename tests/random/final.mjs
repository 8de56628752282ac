// When nothing goes wrong any more: every client has to be right about everything.
import { SLACK_MS } from "./clients.mjs";
import { spell } from "./questions.mjs";
import { FIELDS, isThere } from "./truth.mjs";
import { within } from "./within.mjs";

/** How long a client may keep to itself: a pause that the service wanted, or refused sign-ins. */
const RECOVERY_MS = 13_000;
/** Long enough for a machine that is busy. */
const PATIENCE_MS = 10_000;
const NO_LIMITS = { fresh: false, abortMs: undefined, timeoutMs: PATIENCE_MS };

/** The last part of a run. */
export async function finish(test) {
  for (const { trouble } of test.slots) trouble.calm = true;
  await Promise.all(test.slots.map((slot, index) => recover(test, slot, `client ${index}`)));
  const references = everything(test.truth);
  await Promise.all(
    test.slots.map(async (slot, index) => {
      const who = `client ${index}, healthy`;
      // First as it is, judged by what it may remember; then by what is true now.
      await test.ask(slot, { kind: "all", references }, NO_LIMITS, who);
      slot.life.client.clearCache?.();
      await expectAll(test, slot, references, who);
    }),
  );
  for (const { life } of test.slots) life.client.close();
}

/** Every field of every item that is active and has its name alone. */
function everything(truth) {
  return truth.vaults.flatMap((vault) => {
    const active = vault.items.filter((item) => isThere(item) && item.state.current === "active");
    const alone = ({ title }) =>
      active.filter((one) => one.title.current === title.current).length === 1;
    return active.flatMap((item) =>
      FIELDS.flatMap((field) => {
        const expected = item.fields[field].current;
        const byId = { vault: true, item: true };
        const byName = { vault: false, item: false };
        const names = { vault: vault.name.current, item: item.title.current };
        const spelled = [spell({ vault: vault.id, item: item.id, field, byId, expected })];
        if (alone(item)) spelled.push(spell({ ...names, field, byId: byName, expected }));
        return spelled;
      }),
    );
  });
}

/** Waits until a client answers again. */
async function recover(test, slot, who) {
  const until = performance.now() + RECOVERY_MS;
  const [{ text }] = everything(test.truth);
  for (;;) {
    const asked = slot.life.client.secrets.resolve(text, { timeoutMs: PATIENCE_MS });
    const { error, hangs } = await within(asked, PATIENCE_MS + SLACK_MS);
    if (error === undefined && !hangs) return;
    if (performance.now() > until) {
      const why = hangs ? "a call is left hanging" : `${error.code}: ${error.message}`;
      return test.violate(`${who}, stays broken: ${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function expectAll(test, slot, references, who) {
  const texts = references.map(({ text }) => text);
  const asked = slot.life.client.secrets.resolveAll(texts, { fresh: true, timeoutMs: PATIENCE_MS });
  const { value, error, hangs } = await within(asked, PATIENCE_MS + SLACK_MS);
  if (value === undefined) {
    return test.violate(`${who}: ${hangs ? "left hanging" : `${error.code}: ${error.message}`}`);
  }
  for (const { text, expected } of references) {
    const { content, error } = value.individualResponses[text] ?? {};
    if (content?.secret === expected) continue;
    test.violate(`${who}, ${text}: ${error?.type ?? "another value"}: ${error?.message ?? ""}`);
  }
}
