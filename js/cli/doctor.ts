import type { ClientEvent } from "../client/events.js";
import { visible } from "../client/told.js";
import { withClient } from "./account.js";
import type { Command, Context } from "./command.js";
import { lookAtClock, reach } from "./doctor_network.js";
import { lookAtNode, lookAtProxy, lookAtToken } from "./doctor_setting.js";
import { EXIT, exitOf, SEVERITY, usageError } from "./exit.js";
import { type Check, failed, skipped } from "./finding.js";
import { waitOf } from "./output.js";
import { accountOf } from "./token.js";

export const doctor: Command = {
  name: "doctor",
  summary: "find what stands in the way of reading secrets",
  usage: "doctor [options]",
  details:
    "Looks at Node, the token, proxies, the way to the account's host, its certificate, the clock, the\nsign-in, the vaults and pauses that the service asks for. A line each: ok, warn, fail, or skip for\nwhat cannot be looked at because of a failure before. The exit code is that of the worst of them.",
  examples: [
    ["doctor", "look at everything"],
    ["doctor --json", "the same, for a program"],
  ],
  options: {},
  run: lookAtAll,
};

async function lookAtAll(context: Context): Promise<number> {
  const { args, output } = context;
  if (args.length > 0) throw usageError("doctor takes no arguments");
  const checks: Check[] = [];
  for await (const check of findings(context)) {
    checks.push(check);
    if (!output.isJson) await output.write(`${lineOf(context, check)}\n`);
  }
  const exits = checks.flatMap(({ exit }) => exit ?? []);
  if (output.isJson) {
    const shown = checks.map(({ name, status, message, advice }) => {
      return { name, status, message, advice };
    });
    await output.json({ ok: exits.length === 0, checks: shown });
  }
  return SEVERITY.find((exit) => exits.includes(exit)) ?? EXIT.done;
}

const STYLES = { ok: "green", warn: "yellow", fail: "red", skip: "dim" } as const;
const STATUS_WIDTH = 6;
const NAME_WIDTH = 9;

function lineOf({ output }: Context, { name, status, message, advice }: Check): string {
  const word = output.styled(process.stdout, STYLES[status], status.padEnd(STATUS_WIDTH));
  const text = advice === undefined ? message : `${message}: ${advice}`;
  return `${word}${name.padEnd(NAME_WIDTH)}${visible(text)}`;
}

/** Each check, as soon as it is made. */
async function* findings(context: Context): AsyncGenerator<Check> {
  yield lookAtNode();
  const { checks, token } = await lookAtToken(context);
  yield* checks;
  yield lookAtProxy(context.env);
  const rest = ["network", "clock", "sign-in", "vaults", "pause"];
  if (token === undefined) return yield* skipped(rest, "the token cannot be used");
  context.output.progress.start(`Asking ${accountOf(token).host.slice(0, 80)} …`);
  const { check, answer } = await reach(token, context.values);
  yield check;
  if (answer === undefined) return yield* skipped(rest.slice(1), "the host cannot be reached");
  yield lookAtClock(answer);
  yield* await signIn(context);
}

/** What the service says to the token. */
async function signIn(context: Context): Promise<Check[]> {
  let isSignedIn = false;
  let pauseMs = 0;
  const onEvent = (event: ClientEvent) => {
    if (event.type === "throttle") pauseMs = Math.max(pauseMs, event.retryAfterMs);
  };
  const signedIn: Check = {
    name: "sign-in",
    status: "ok",
    message: "the service accepts the token",
  };
  try {
    const vaults = await withClient(
      context,
      async (client) => {
        isSignedIn = true;
        return await client.vaults.list();
      },
      { onEvent, isQuiet: true, isSignedIn: true },
    );
    return [signedIn, countOf(vaults.length), pauseOf(pauseMs)];
  } catch (error) {
    const isPause = exitOf(error) === EXIT.retry && pauseMs > 0;
    const pause = isPause ? pauseOf(pauseMs) : notSeen("pause");
    if (isSignedIn) return [signedIn, failed("vaults", error), pause];
    return [failed("sign-in", error), notSeen("vaults"), pause];
  }
}

const notSeen = (name: string): Check => ({
  name,
  status: "skip",
  message: "not looked at, because of the failure before",
});

function countOf(count: number): Check {
  const name = "vaults";
  if (count > 0) {
    const message = `it may read ${count} vault${count === 1 ? "" : "s"}`;
    return { name, status: "ok", message };
  }
  const advice =
    "make a service account with access to a vault: access cannot be added to an existing one";
  return { name, status: "warn", message: "it may read no vault", advice };
}

function pauseOf(ms: number): Check {
  if (ms === 0) return { name: "pause", status: "ok", message: "the service asks for none" };
  const message = `the service wants no requests for ${waitOf(ms)}`;
  const advice = "wait, and ask for less: several references at once take fewer requests";
  return { name: "pause", status: "fail", message, advice, exit: EXIT.retry };
}
