/**
 * Secrets in environments, env files and templates, by any client. No wasm of its own, nothing of Node.
 *
 * @module onepassword-edge/env
 */

export type { ResolveAllResponse } from "./client/answers.js";
export {
  type EnvFailure,
  type EnvSyntaxCode,
  isOnePasswordError,
  OnePasswordError,
} from "./client/errors.js";
export { type EnvLine, parseEnvFile } from "./env/lines.js";
export {
  createMasker,
  MASK,
  type Masker,
  type MaskOptions,
  maskStream,
} from "./env/masker.js";
export type { TemplatePart, TemplateReference } from "./env/parts.js";
export {
  type EnvFile,
  type EnvPlan,
  type PlannedVariable,
  type PlanOptions,
  planEnv,
  references,
  render,
} from "./env/plan.js";
export {
  type ResolveEnvOptions,
  type ResolveOptions,
  type Resolver,
  type ResolveTemplateOptions,
  resolveEnv,
  resolveParts,
  resolvePlan,
  resolveTemplate,
} from "./env/resolve.js";
export { parseTemplate, type TemplateOptions, type Unset } from "./env/template.js";
