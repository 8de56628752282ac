/**
 * A 1Password service for tests, in memory: one account that a service-account token opens, behind
 * one `fetch` handler.
 *
 * @module onepassword-edge/emulator
 */

export type { Answer, AnswerHook } from "./answer.js";
export type { AccountEditor, ItemChange } from "./changes.js";
export type { RsaAlgorithm } from "./crypto.js";
export type {
  AccountDescription,
  DeviceState,
  FieldDescription,
  FieldKind,
  Fields,
  FileContent,
  FileDescription,
  ItemCategory,
  ItemDescription,
  ItemState,
  KeysetDescription,
  SectionDescription,
  UrlDescription,
  VaultDescription,
  VaultType,
} from "./description.js";
export {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type RunningEmulator,
  type SeenRequest,
} from "./emulator.js";
export type {
  DelayFault,
  DuplicateFault,
  EndlessFault,
  ExpireFault,
  Fault,
  FaultHook,
  FaultRequest,
  GarbageFault,
  HangFault,
  RedirectFault,
  ReorderFault,
  ResetFault,
  StatusFault,
  TruncateFault,
} from "./faults.js";
export type { Json, JsonObject } from "./json.js";
export type { QuotaOptions, QuotaRow } from "./quota.js";
export { SAMPLE_REFERENCE, SAMPLE_SECRET } from "./sample.js";
export type { Listener, ServeOptions } from "./serve.js";
