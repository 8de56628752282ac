import { visible } from "../client/told.js";
import { withClient } from "./account.js";
import type { Command, Context } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import { accountOf, findToken } from "./token.js";

export const whoami: Command = {
  name: "whoami",
  summary: "show which account the token signs in to",
  usage: "whoami [options]",
  details: "Signs in, and prints the account's host and the e-mail address of the service account.",
  options: {},
  run: showAccount,
};

async function showAccount(context: Context): Promise<number> {
  const { args, output } = context;
  if (args.length > 0) throw usageError("whoami takes no arguments");
  const { token, source } = findToken(context);
  // What a token says of itself is no proof: the service has to accept it.
  await withClient(context, async () => {}, { isSignedIn: true });
  const { host, email } = accountOf(token);
  if (output.isJson) await output.json({ host, email, type: "SERVICE_ACCOUNT", source });
  else {
    const rows = [
      ["Host", host],
      ["E-mail", email],
      ["Type", "service account"],
      ["Token", `from ${source}`],
    ];
    const lines = rows.map(([name = "", value = ""]) => `${name.padEnd(8)}${visible(value)}\n`);
    await output.write(lines.join(""));
  }
  return EXIT.done;
}
