import { isOnePasswordError } from "../client/errors.js";
import { fail } from "../github/runner.js";
import { runStep } from "./step.js";

try {
  await runStep(process.env);
} catch (error) {
  const { message } = error as Error;
  const isListed = isOnePasswordError(error) && error.code === "envUnresolved";
  const code = isOnePasswordError(error) && !isListed ? ` (${error.code})` : "";
  await fail(`${message}${code}`);
  // Not exit(): what is written is to arrive.
  process.exitCode = 1;
}
