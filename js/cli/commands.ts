import type { Command } from "./command.js";
import { completion } from "./completion.js";
import { doctor } from "./doctor.js";
import { env } from "./env.js";
import { inject } from "./inject.js";
import { list } from "./list.js";
import { read } from "./read.js";
import { run } from "./run.js";
import { whoami } from "./whoami.js";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  ...[read, run, inject, env],
  ...[list, whoami, doctor, completion],
];
