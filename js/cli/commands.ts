import type { Command } from "./command.js";
import { completion } from "./completion.js";
import { doctor } from "./doctor.js";
import { list } from "./list.js";
import { read } from "./read.js";
import { whoami } from "./whoami.js";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [read, list, whoami, doctor, completion];
