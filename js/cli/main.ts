import { quoted } from "../client/told.js";
import { COMMANDS } from "./commands.js";
import { EXIT, exitOf, usageError } from "./exit.js";
import { commandHelp, generalHelp } from "./help.js";
import { type CommandLine, nearest, readCommandLine } from "./options.js";
import { isBrokenPipe, Output } from "./output.js";
import { Signals } from "./signals.js";
import { NAME, VERSION } from "./version.js";

const { env } = process;
const argv = process.argv.slice(2);
const signals = new Signals();

// What the client may have open, such as connections, is not waited for.
process.exit(await main());

async function main(): Promise<number> {
  // How to tell that the command line cannot be read.
  let output = new Output({ env, isJson: argv.includes("--json"), isPlain: false });
  try {
    const line = readCommandLine(argv, COMMANDS);
    const { json, "no-color": noColor } = line.values;
    output = new Output({ env, isJson: json === true, isPlain: noColor === true });
    signals.before(() => output.progress.stop());
    return await run(line, output);
  } catch (error) {
    if (isBrokenPipe(error)) return EXIT.brokenPipe;
    await output.fail(error);
    return exitOf(error);
  }
}

async function run(line: CommandLine, output: Output): Promise<number> {
  const { name, command, values, args } = line;
  if (values["version"] === true) return await print(output, `${VERSION}\n`);
  if (name === "help") return await print(output, helpOf(args[0]));
  if (name === undefined) return await explain(output, values["help"] === true);
  if (command === undefined) throw unknownCommand(name);
  if (values["help"] === true) return await print(output, commandHelp(command));
  return await command.run({ values, args, commands: COMMANDS, env, output, signals });
}

async function print(output: Output, text: string): Promise<number> {
  await output.write(text);
  return EXIT.done;
}

/** Without a command there is nothing to do: a script must not take that for a success. */
async function explain(output: Output, isWanted: boolean): Promise<number> {
  if (isWanted) return await print(output, generalHelp(COMMANDS));
  if (output.isJson) throw usageError("which command?");
  await output.note(generalHelp(COMMANDS).trimEnd());
  return EXIT.usage;
}

function helpOf(name: string | undefined): string {
  if (name === undefined) return generalHelp(COMMANDS);
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) throw unknownCommand(name);
  return commandHelp(command);
}

function unknownCommand(name: string): Error {
  const names = [...COMMANDS.map((command) => command.name), "help"];
  const near = nearest(name, names);
  const hint = near === undefined ? `see ${NAME} --help` : `did you mean ${near}?`;
  return usageError(`there is no command ${quoted(name)}; ${hint}`);
}
