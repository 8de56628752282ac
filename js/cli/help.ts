import type { Command, OptionSpec, OptionSpecs } from "./command.js";
import { GLOBAL_OPTIONS } from "./options.js";
import { NAME } from "./version.js";

const INDENT = "  ";

/** What the command can do. */
export function generalHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return `${[
    `Reads secrets from 1Password with a service-account token. Unofficial.`,
    `Usage: ${NAME} <command> [options]`,
    `Start here:\n${columns([
      ["export OP_SERVICE_ACCOUNT_TOKEN=ops_…", "the token of a service account"],
      [`${NAME} doctor`, "see whether everything is in place"],
      [`${NAME} read op://vault/item/field`, "print a secret"],
    ])}`,
    `Commands:\n${columns([...rows, ["help <command>", "explain a command"]])}`,
    `Options of every command:\n${optionRows(GLOBAL_OPTIONS)}`,
    EXIT_CODES,
  ].join("\n\n")}\n`;
}

const EXIT_CODES = `Exit codes: 0 done; 1 failed, such as a reference that names nothing; 2 the command line is
wrong; 3 the token is missing, wrong, or not allowed to do this; 4 try again later.`;

/** What one command can do. */
export function commandHelp(command: Command): string {
  const { summary, usage, details, examples = [], options } = command;
  const parts = [
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    `Usage: ${NAME} ${usage}`,
    ...(details === undefined ? [] : [details]),
  ];
  if (Object.keys(options).length > 0) parts.push(`Options:\n${optionRows(options)}`);
  parts.push(`Options of every command:\n${optionRows(GLOBAL_OPTIONS)}`);
  if (examples.length > 0) {
    const lines = examples.map(([line, what]) => `${INDENT}# ${what}\n${INDENT}${NAME} ${line}`);
    parts.push(`Examples:\n${lines.join("\n")}`);
  }
  return `${parts.join("\n\n")}\n`;
}

function optionRows(options: OptionSpecs): string {
  return columns(Object.entries(options).map(([name, spec]) => [nameOf(name, spec), spec.help]));
}

function nameOf(name: string, { short, type, value = "value" }: OptionSpec): string {
  const before = short === undefined ? "    " : `-${short}, `;
  return `${before}--${name}${type === "string" ? ` <${value}>` : ""}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + INDENT.length;
  return rows.map(([name, what]) => `${INDENT}${name.padEnd(width)}${what}`).join("\n");
}
