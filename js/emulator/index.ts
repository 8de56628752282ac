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
  EnvironmentDescription,
  FieldDescription,
  FieldKind,
  Fields,
  FileContent,
  FileDescription,
  GroupAccessDescription,
  GroupDescription,
  GroupState,
  GroupType,
  ItemCategory,
  ItemDescription,
  ItemState,
  KeysetDescription,
  SectionDescription,
  SharingDescription,
  UrlDescription,
  VariableDescription,
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
export {
  type OpenedShare,
  type SharedFile,
  ShareRefusal,
  type StoredShare,
} from "./share_open.js";
export type { ShareRecipient } from "./share_policy.js";
