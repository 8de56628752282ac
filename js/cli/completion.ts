import type { Command, Context, OptionSpec, OptionSpecs } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import { GLOBAL_OPTIONS } from "./options.js";
import { NAME } from "./version.js";

/** What a script is made of. */
type Script = (commands: readonly Command[]) => string;

const SHELLS: Readonly<Record<string, Script>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};
const NAMES = Object.keys(SHELLS);

export const completion: Command = {
  name: "completion",
  summary: "print a script that completes commands in your shell",
  usage: `completion <${NAMES.join("|")}>`,
  details:
    "The script knows the commands and options of this version. It asks nobody for anything: no vault\nor item is completed.",
  examples: [
    [`completion bash > ~/.local/share/bash-completion/completions/${NAME}`, "for bash"],
    [`completion zsh > "\${fpath[1]}/_${NAME}"`, "for zsh"],
    [`completion fish > ~/.config/fish/completions/${NAME}.fish`, "for fish"],
    ["completion powershell >> $PROFILE", "for PowerShell"],
  ],
  options: {},
  complete: NAMES,
  run: printScript,
};

async function printScript({ args, commands, output }: Context): Promise<number> {
  const [shell = ""] = args;
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined || args.length > 1) {
    throw usageError(`for which shell? One of ${NAMES.join(", ")}`);
  }
  await output.write(script(commands));
  return EXIT.done;
}

/** Not a command of the table, and completed as one. */
const helpOf = (commands: readonly Command[]) => ({
  name: "help",
  summary: "explain a command",
  options: {} as OptionSpecs,
  complete: commands.map(({ name }) => name),
  endsAtFirst: undefined,
});

type Completed = ReturnType<typeof helpOf> | Command;

function completed(commands: readonly Command[]): Completed[] {
  return [...commands, helpOf(commands)];
}

/** An option in all its spellings. */
function spellings(name: string, { short }: OptionSpec): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

const allOptions = (commands: readonly Command[]): [string, OptionSpec][] => [
  ...Object.entries(GLOBAL_OPTIONS),
  ...commands.flatMap(({ options }) => Object.entries(options)),
];

/** Once each. */
const joined = (words: readonly string[], by: string): string => [...new Set(words)].join(by);

function bashScript(commands: readonly Command[]): string {
  const all = completed(commands);
  const withValue = allOptions(commands).filter(([, { type }]) => type === "string");
  const names = (wanted: (spec: OptionSpec) => boolean) =>
    joined(
      withValue.filter(([, spec]) => wanted(spec)).flatMap((entry) => spellings(...entry)),
      "|",
    );
  const lists = withValue.flatMap(([name, spec]) => {
    if (!Array.isArray(spec.complete)) return [];
    return `    ${spellings(name, spec).join("|")}) _onepassword_edge_words "${spec.complete.join(" ")}"; return ;;`;
  });
  const optionsOf = (options: OptionSpecs) =>
    joined(
      Object.entries(options).flatMap((entry) => spellings(...entry)),
      " ",
    );
  const cases = all.map(({ name, options, complete, endsAtFirst }) => {
    const first =
      endsAtFirst === true ? "_onepassword_edge_programs" : `words="${(complete ?? []).join(" ")}"`;
    return `    ${name}) options="$options ${optionsOf(options)}"; ${first} ;;`;
  });
  return `# bash completion of ${NAME}
_onepassword_edge_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_onepassword_edge_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$cur"))
  compopt -o filenames 2>/dev/null
}
_onepassword_edge_programs() { programs=1; }
_onepassword_edge() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" words="" programs="" options="${optionsOf(GLOBAL_OPTIONS)}" i at
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
    ${all.map(({ name }) => name).join("|")}) command="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  case "$command" in
    "") words="${all.map(({ name }) => name).join(" ")}" ;;
${cases.join("\n")}
  esac
  if [[ -n $programs ]]; then
    for ((at = i + 1; at < COMP_CWORD; at++)); do
      case "\${COMP_WORDS[at]}" in
      ${names(() => true)}) at=$((at + 1)) ;;
      --) at=$((at + 1)); break ;;
      -*) ;;
      *) break ;;
      esac
    done
    if ((at < COMP_CWORD)); then
      if declare -F _command_offset >/dev/null; then _command_offset "$at"; else _onepassword_edge_files; fi
      return
    fi
  fi
  case "$prev" in
    ${names(({ complete }) => complete === "file")}) _onepassword_edge_files; return ;;
${[...new Set(lists)].map((line) => `${line}\n`).join("")}    ${names(({ complete }) => complete === undefined)}) return ;;
  esac
  if [[ $cur == -* ]]; then _onepassword_edge_words "$options"
  elif [[ -n $programs ]]; then COMPREPLY=($(compgen -c -- "$cur"))
  else _onepassword_edge_words "$words"; fi
}
complete -F _onepassword_edge ${NAME}
`;
}

/** In single quotes. */
const quotedFor = {
  zsh: (text: string) => `'${text.replaceAll("'", "'\\''")}'`,
  fish: (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
  powershell: (text: string) => `'${text.replaceAll("'", "''")}'`,
};

/** Without what means something to zsh in a description. */
const plainForZsh = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");

/** An option as `_arguments` wants it. */
function zshOption([name, spec]: [string, OptionSpec]): string {
  const quote = quotedFor.zsh;
  const { type, help, short, value = "value", complete, multiple } = spec;
  const action = complete === "file" ? "_files" : complete ? `(${complete.join(" ")})` : " ";
  const after = type === "string" ? `:${value}:${action}` : "";
  const described = `[${plainForZsh(help)}]${after}`;
  const long = type === "string" ? `--${name}=` : `--${name}`;
  if (short === undefined) return quote(`${multiple === true ? "*" : ""}${long}${described}`);
  const excluded = multiple === true ? "'*'" : quote(`(-${short} --${name})`);
  return `${excluded}{-${short},${long}}${quote(described)}`;
}

function zshScript(commands: readonly Command[]): string {
  const quote = quotedFor.zsh;
  const specsOf = (options: OptionSpecs) =>
    Object.entries(options).map((entry) => `      ${zshOption(entry)}`);
  const all = completed(commands);
  const cases = all.map(({ name, options, complete, endsAtFirst }) => {
    const words = complete === undefined ? "" : `'1:argument:(${complete.join(" ")})'`;
    const rest = endsAtFirst === true ? "'*:::program:_normal'" : words;
    const specs = [
      ...specsOf(options),
      ...specsOf(GLOBAL_OPTIONS),
      ...(rest ? [`      ${rest}`] : []),
    ];
    return `    ${name}) _arguments -s -S \\\n${specs.join(" \\\n")} ;;`;
  });
  return `#compdef ${NAME}
_onepassword_edge() {
  local context state line
  local -a commands=(
${all.map(({ name, summary }) => `    ${quote(`${plainForZsh(name)}:${summary}`)}`).join("\n")}
  )
  _arguments -C -s -S \\
${specsOf(GLOBAL_OPTIONS).join(" \\\n")} \\
      '1:command:->command' '*::argument:->arguments'
  case $state in
  command) _describe -t commands command commands ;;
  arguments)
    case $words[1] in
${cases.join("\n")}
    esac ;;
  esac
}
# Both as a file of $fpath and by eval.
if [[ $funcstack[1] == _onepassword_edge || $funcstack[1] == _${NAME} ]]; then
  _onepassword_edge "$@"
else
  compdef _onepassword_edge ${NAME}
fi
`;
}

function fishScript(commands: readonly Command[]): string {
  const quote = quotedFor.fish;
  const line = (condition: string, rest: string) => `complete -c ${NAME}${condition} ${rest}`;
  const optionLine = (condition: string) => (entry: [string, OptionSpec]) => {
    const [name, { short, type, complete, help }] = entry;
    const words = Array.isArray(complete) ? ` -f -a ${quote(complete.join(" "))}` : "";
    const value = type === "string" ? ` -r${complete === "file" ? " -F" : words || " -f"}` : "";
    const letter = short === undefined ? "" : ` -s ${short}`;
    return line(condition, `-l ${name}${letter}${value} -d ${quote(help)}`);
  };
  const all = completed(commands);
  const seen = `__fish_seen_subcommand_from ${all.map(({ name }) => name).join(" ")}`;
  const none = ` -n ${quote(`not ${seen}`)}`;
  const lines = all.flatMap(({ name, options, complete, endsAtFirst }) => {
    const within = ` -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    const words = complete === undefined ? [] : [line(within, `-a ${quote(complete.join(" "))}`)];
    const program =
      endsAtFirst === true ? [line(within, "-x -a '(__fish_complete_subcommand)'")] : [];
    return [...Object.entries(options).map(optionLine(within)), ...words, ...program];
  });
  return `# fish completion of ${NAME}
complete -c ${NAME} -f
${all.map(({ name, summary }) => line(none, `-a ${name} -d ${quote(summary)}`)).join("\n")}
${Object.entries(GLOBAL_OPTIONS).map(optionLine("")).join("\n")}
${lines.join("\n")}
`;
}

/** Options as the entries of a table, with what they do. */
function powershellOptions(options: OptionSpecs): string {
  const quote = quotedFor.powershell;
  const entries = Object.entries(options).flatMap((entry) =>
    spellings(...entry).map((name) => `${quote(name)} = ${quote(entry[1].help)}`),
  );
  return entries.join("; ");
}

function powershellCommand({ name, summary, options, complete = [] }: Completed): string {
  const quote = quotedFor.powershell;
  return `    ${quote(name)} = @{
      summary = ${quote(summary)}
      words = @(${complete.map(quote).join(", ")})
      options = @{ ${powershellOptions(options)} }
    }`;
}

function powershellScript(commands: readonly Command[]): string {
  const tables = completed(commands).map(powershellCommand);
  return `# PowerShell completion of ${NAME}
Register-ArgumentCompleter -Native -CommandName '${NAME}' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $commands = [ordered]@{
${tables.join("\n")}
  }
  $options = @{ ${powershellOptions(GLOBAL_OPTIONS)} }
  $command = $commandAst.CommandElements |
    Select-Object -Skip 1 |
    ForEach-Object { $_.ToString() } |
    Where-Object { $commands.Contains($_) -and $_ -ne $wordToComplete } |
    Select-Object -First 1
  $found = @{}
  if ($wordToComplete.StartsWith('-')) {
    foreach ($name in $options.Keys) { $found[$name] = $options[$name] }
    if ($command) {
      foreach ($name in $commands[$command].options.Keys) {
        $found[$name] = $commands[$command].options[$name]
      }
    }
  } elseif ($command) {
    foreach ($word in $commands[$command].words) { $found[$word] = $word }
  } else {
    foreach ($name in $commands.Keys) { $found[$name] = $commands[$name].summary }
  }
  $found.GetEnumerator() |
    Where-Object { $_.Key -like "$wordToComplete*" } |
    Sort-Object Key |
    ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
    }
}
`;
}
