import type { EnvFailure } from "../client/errors.js";

/** The one name that the runner refuses in `GITHUB_ENV`. */
const REFUSED = "NODE_OPTIONS";

/**
 * What the runner sets anew for each step: a value that is exported under such a name is lost without a
 * word. Other names that begin so, such as `GITHUB_TOKEN`, are free.
 */
const GITHUB = `ACTION ACTIONS ACTION_PATH ACTION_REF ACTION_REPOSITORY ACTOR ACTOR_ID API_URL BASE_REF
  ENV EVENT_NAME EVENT_PATH GRAPHQL_URL HEAD_REF JOB OUTPUT PATH REF REF_NAME REF_PROTECTED REF_TYPE
  REPOSITORY REPOSITORY_ID REPOSITORY_OWNER REPOSITORY_OWNER_ID RETENTION_DAYS RUN_ATTEMPT RUN_ID
  RUN_NUMBER SERVER_URL SHA STATE STEP_SUMMARY TRIGGERING_ACTOR WORKFLOW WORKFLOW_REF WORKFLOW_SHA
  WORKSPACE`;
const RUNNER = "ARCH DEBUG ENVIRONMENT NAME OS TEMP TOOL_CACHE WORKSPACE";
const SET_BY_RUNNER = new Set([
  ...GITHUB.split(/\s+/).map((name) => `GITHUB_${name}`),
  ...RUNNER.split(" ").map((name) => `RUNNER_${name}`),
]);

/** In the runner's files a name ends at `=` or `<<`; nothing but this is sure to arrive. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** What is wrong with the names of the variables that are to be set. */
export function nameFailures(names: Iterable<string>, exported: boolean): EnvFailure[] {
  return [...names].flatMap((name) => {
    const message = reasonAgainst(name, exported);
    return message === undefined ? [] : [{ code: "keyInvalid" as const, name, message }];
  });
}

function reasonAgainst(name: string, exported: boolean): string | undefined {
  if (!NAME.test(name)) return "a name has letters, digits, _, . and -, and begins with no digit";
  if (!exported) return undefined;
  const upper = name.toUpperCase();
  if (upper === REFUSED) return "the runner lets no step set this variable for later ones";
  return SET_BY_RUNNER.has(upper) ? "the runner sets this variable itself" : undefined;
}
