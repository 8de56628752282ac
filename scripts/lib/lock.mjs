// One run at a time may fill the cache or build: a second one waits for the first.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_AGAIN_MS = 500;

/** Holds `folder/lock` while the work runs. Not for nesting on one folder. */
export async function withLock(folder, work) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, "lock");
  const mine = join(folder, `lock-${process.pid}`);
  writeFileSync(mine, String(process.pid));
  let told = false;
  while (!take(mine, lock)) {
    const owner = readOwner(lock);
    if (owner && !isAlive(owner)) rmSync(lock, { force: true });
    else if (!told) {
      console.error(
        `Waiting for another run (process ${owner}); if there is none, delete ${lock}.`,
      );
      told = true;
    }
    await sleep(LOOK_AGAIN_MS);
  }
  // Ctrl-C ends the process without `finally`; a lock of a dead process is taken over anyway.
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

// A link appears with its content and fails if the name is taken: no moment in between.
function take(mine, lock) {
  try {
    linkSync(mine, lock);
    rmSync(mine);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function readOwner(lock) {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return undefined; // released between two looks
  }
}

function isAlive(pid) {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
