import type { Command } from "./command.js";
import { env } from "./env.js";
import { inject } from "./inject.js";
import { read } from "./read.js";
import { run } from "./run.js";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [read, run, inject, env];
