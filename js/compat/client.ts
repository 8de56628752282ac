import {
  type ClientConfig,
  type FileAttributes,
  type GetVariablesResponse,
  type Group,
  type GroupGetParams,
  type Item,
  type ItemListFilter,
  type ItemOverview,
  OnePasswordError,
  Client as OwnClient,
  type ResolveError,
  type ValidRecipient,
  type Vault,
  type VaultGetParams,
  type VaultListParams,
  type VaultOverview,
  validateSecretReference,
} from "#client";
import { membersOf } from "../client/check.js";
import { bindMethods } from "../client/detached.js";
import { ownOf } from "../client/own.js";
import { type GeneratePasswordResponse, generatePassword } from "../passwords/passwords.js";
import { EFF_LARGE_WORDS } from "../passwords/words.js";
import { RateLimitExceededError } from "./errors.js";
import type {
  DocumentCreateParams,
  FileCreateParams,
  GroupAccess,
  GroupVaultAccess,
  ItemCreateParams,
  ItemShareParams,
  ItemsDeleteAllResponse,
  ItemsGetAllError,
  ItemsGetAllResponse,
  ItemsUpdateAllResponse,
  PasswordRecipe,
  PlainReferenceError,
  ResolveAllResponse,
  ResolveReferenceError,
  ItemShareAccountPolicy as SharePolicy,
  VaultCreateParams,
  VaultUpdateParams,
  WorkloadDetails,
} from "./types.js";

/** An account of the desktop app. Not supported. */
export class DesktopAuth {
  accountName: string;

  constructor(accountName: string) {
    this.accountName = accountName;
  }
}

/** What a client is made from: the vendor's members, and those of this package's own client. */
export interface ClientConfiguration extends Partial<Omit<ClientConfig, "auth">> {
  /** A service-account token. */
  auth?: string | DesktopAuth;
  integrationName: string;
  integrationVersion: string;
  /** Not supported. */
  oidcFetcher?: (audience: string) => Promise<string>;
  /** Not supported. */
  workloadDetails?: WorkloadDetails;
}

/** Reads secrets. */
export interface SecretsApi {
  /** The value that a secret reference names. */
  resolve(secretReference: string): Promise<string>;
  /** Several at once, with few requests. */
  resolveAll(secretReferences: string[]): Promise<ResolveAllResponse>;
}

/** Reads items. Where an id is asked for, a name will do. */
export interface ItemsApi {
  /** Shares items. */
  shares: ItemsSharesApi;
  /** Reads the files of items. */
  files: ItemsFilesApi;
  /** An item with all its values. */
  get(vaultId: string, itemId: string): Promise<Item>;
  /** Several items of a vault, 50 with a request. */
  getAll(vaultId: string, itemIds: string[]): Promise<ItemsGetAllResponse>;
  /** The items of a vault, without their values. */
  list(vaultId: string, ...filters: ItemListFilter[]): Promise<ItemOverview[]>;
  /** Not supported. */
  create(params: ItemCreateParams): Promise<Item>;
  /** Not supported. */
  createAll(vaultId: string, params: ItemCreateParams[]): Promise<ItemsUpdateAllResponse>;
  /** Not supported. */
  put(item: Item): Promise<Item>;
  /** Not supported. */
  delete(vaultId: string, itemId: string): Promise<void>;
  /** Not supported. */
  deleteAll(vaultId: string, itemIds: string[]): Promise<ItemsDeleteAllResponse>;
  /** Not supported. */
  archive(vaultId: string, itemId: string): Promise<void>;
}

/** Shares items. */
export interface ItemsSharesApi {
  /** The account's rules for sharing an item. */
  getAccountPolicy(vaultId: string, itemId: string): Promise<SharePolicy>;
  /** E-mail addresses and domains as recipients. */
  validateRecipients(policy: SharePolicy, recipients: string[]): Promise<ValidRecipient[]>;
  /** Shares an item, and gives the link. */
  create(item: Item, policy: SharePolicy, params: ItemShareParams): Promise<string>;
}

/** Reads the files of items. */
export interface ItemsFilesApi {
  /** A file's content. */
  read(vaultId: string, itemId: string, attr: FileAttributes): Promise<Uint8Array>;
  /** Not supported. */
  attach(item: Item, fileParams: FileCreateParams): Promise<Item>;
  /** Not supported. */
  delete(item: Item, sectionId: string, fieldId: string): Promise<Item>;
  /** Not supported. */
  replaceDocument(item: Item, docParams: DocumentCreateParams): Promise<Item>;
}

/** Reads vaults. Where an id is asked for, a name will do. */
export interface VaultsApi {
  /** All vaults that the service account may read. */
  list(params?: VaultListParams): Promise<VaultOverview[]>;
  /** A vault as a list has it. */
  getOverview(vaultId: string): Promise<VaultOverview>;
  /** A vault. */
  get(vaultId: string, vaultParams: VaultGetParams): Promise<Vault>;
  /** Not supported. */
  create(params: VaultCreateParams): Promise<Vault>;
  /** Not supported. */
  update(vaultId: string, params: VaultUpdateParams): Promise<Vault>;
  /** Not supported. */
  delete(vaultId: string): Promise<void>;
  /** Gives groups access to a vault. */
  grantGroupPermissions(vaultId: string, groupPermissionsList: GroupAccess[]): Promise<void>;
  /** Says anew what groups may do with vaults. */
  updateGroupPermissions(groupPermissionsList: GroupVaultAccess[]): Promise<void>;
  /** Takes a group's access to a vault away. */
  revokeGroupPermissions(vaultId: string, groupId: string): Promise<void>;
}

/** Reads Environments. Where an id is asked for, a name will do. */
export interface EnvironmentsApi {
  /** The variables of an Environment. */
  getVariables(environmentId: string): Promise<GetVariablesResponse>;
}

/** Reads groups. */
export interface GroupsApi {
  /** A group. */
  get(groupId: string, groupParams: GroupGetParams): Promise<Group>;
}

/** Reads secrets, and what needs no client. */
export class Secrets implements SecretsApi {
  readonly #client: OwnClient;

  /** @internal */
  constructor(client: OwnClient) {
    this.#client = client;
    bindMethods(this, Secrets.prototype);
  }

  /** The value that a secret reference names. */
  resolve(secretReference: string): Promise<string> {
    return vendorErrors(this.#client.secrets.resolve(secretReference));
  }

  /** Several at once, with few requests. */
  async resolveAll(secretReferences: string[]): Promise<ResolveAllResponse> {
    const answer = await vendorErrors(this.#client.secrets.resolveAll(secretReferences));
    const responses = Object.entries(answer.individualResponses).map(([reference, response]) => {
      const { content = null, error } = ownOf(response);
      return [reference, { content, error: error ? referenceError(error) : null }] as const;
    });
    return { individualResponses: Object.fromEntries(responses) } as ResolveAllResponse;
  }

  /**
   * Returns if a secret reference is well formed.
   *
   * @throws {OnePasswordError} `parsing`, saying what is wrong
   */
  static validateSecretReference(secretReference: string): void {
    validateSecretReference(secretReference);
  }

  /**
   * Makes a password.
   *
   * @throws {OnePasswordError} `argumentInvalid` if the recipe is none
   */
  static generatePassword(recipe: PasswordRecipe): GeneratePasswordResponse {
    return generatePassword(recipe, { words: EFF_LARGE_WORDS });
  }
}

/** A client as programs for the vendor's SDK know it. */
export class Client {
  /** Reads secrets. */
  secrets: SecretsApi;
  /** Reads items. */
  items: ItemsApi;
  /** Reads vaults. */
  vaults: VaultsApi;
  /** Reads Environments. */
  environments: EnvironmentsApi;
  /** Reads groups. */
  groups: GroupsApi;

  /** @internal */
  constructor(client: OwnClient) {
    const { items, vaults, environments, groups } = client;
    this.secrets = new Secrets(client);
    this.items = {
      get: (vaultId, itemId) => vendorErrors(items.get(vaultId, itemId)),
      getAll: async (vaultId, itemIds) => {
        const answer = await vendorErrors(items.getAll(vaultId, itemIds));
        const responses = answer.individualResponses.map(({ content, error }) => {
          return { content, error: error && itemError(error) };
        });
        return { individualResponses: responses } as ItemsGetAllResponse;
      },
      list: (vaultId, ...filters) => vendorErrors(items.list(vaultId, ...filters)),
      create: unsupported("items.create"),
      createAll: unsupported("items.createAll"),
      put: unsupported("items.put"),
      delete: unsupported("items.delete"),
      deleteAll: unsupported("items.deleteAll"),
      archive: unsupported("items.archive"),
      shares: {
        getAccountPolicy: (vaultId, itemId) =>
          vendorErrors(items.shares.getAccountPolicy(vaultId, itemId) as Promise<SharePolicy>),
        validateRecipients: (policy, recipients) =>
          vendorErrors(items.shares.validateRecipients(policy, recipients)),
        create: async (item, policy, params) =>
          vendorErrors(items.shares.create(item, policy, onlyKnown(params, SHARE_PARAMS))),
      },
      files: {
        read: (vaultId, itemId, attr) => vendorErrors(items.files.read(vaultId, itemId, attr)),
        attach: unsupported("items.files.attach"),
        delete: unsupported("items.files.delete"),
        replaceDocument: unsupported("items.files.replaceDocument"),
      },
    };
    this.vaults = vaultsOf(vaults);
    this.environments = {
      getVariables: (environmentId) => vendorErrors(environments.getVariables(environmentId)),
    };
    this.groups = {
      get: async (groupId, groupParams) =>
        vendorErrors(groups.get(groupId, onlyKnown(groupParams, GROUP_PARAMS))),
    };
  }
}

function vaultsOf(vaults: OwnClient["vaults"]): VaultsApi {
  return {
    list: (params) => vendorErrors(vaults.list(params && unlessAsked(params))),
    getOverview: (vaultId) => vendorErrors(vaults.getOverview(vaultId)),
    get: async (vaultId, vaultParams) =>
      vendorErrors(vaults.get(vaultId, onlyKnown(vaultParams, VAULT_PARAMS))),
    create: unsupported("vaults.create"),
    update: unsupported("vaults.update"),
    delete: unsupported("vaults.delete"),
    grantGroupPermissions: (vaultId, list) =>
      vendorErrors(vaults.grantGroupPermissions(vaultId, list)),
    updateGroupPermissions: (list) => vendorErrors(vaults.updateGroupPermissions(list)),
    revokeGroupPermissions: (vaultId, groupId) =>
      vendorErrors(vaults.revokeGroupPermissions(vaultId, groupId)),
  };
}

/**
 * Signs in with a service-account token.
 *
 * @throws {OnePasswordError} as this package's own client; `unsupported` for the desktop app and
 * for workload identity
 */
export const createClient = async (config: ClientConfiguration): Promise<Client> => {
  const { auth, oidcFetcher, workloadDetails, ...others } = ownOf(config);
  if (auth instanceof DesktopAuth) throw unsupportedError("auth: DesktopAuth", DESKTOP);
  if (oidcFetcher !== undefined) throw unsupportedError("oidcFetcher", WORKLOAD);
  if (workloadDetails !== undefined) throw unsupportedError("workloadDetails", WORKLOAD);
  const client = OwnClient.authenticate({ ...others, auth: auth as string });
  return new Client(await vendorErrors(client));
};

function unsupported(name: string): () => Promise<never> {
  const why = "onepassword-edge changes no items, files or vaults yet";
  return () => Promise.reject(unsupportedError(name, why));
}

const DESKTOP =
  "the desktop app answers through a native library alone, which no edge runtime can load";
const WORKLOAD =
  "what an integration key holds, and how it proves what a workload is, is not documented";

function unsupportedError(name: string, why: string): OnePasswordError {
  return new OnePasswordError({
    code: "unsupported",
    message: `${name} is not supported: ${why}; use @1password/sdk for it`,
  });
}

async function vendorErrors<T>(answer: PromiseLike<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw vendorError(thrown);
  }
}

/** Of the vendor's classes only one tells what may happen here. */
function vendorError(thrown: unknown): unknown {
  if (!(thrown instanceof OnePasswordError) || thrown.code !== "rateLimited") return thrown;
  return new RateLimitExceededError(thrown.message, { cause: thrown });
}

const PLAIN: ReadonlySet<string> = new Set<PlainReferenceError>([
  "fieldNotFound",
  "vaultNotFound",
  "tooManyVaults",
  "itemNotFound",
  "tooManyItems",
  "tooManyMatchingFields",
  "noMatchingSections",
  "incompatibleTOTPQueryParameterField",
  "sSHKeyMetadataNotFound",
  "unsupportedFileFormat",
  "incompatibleSshKeyQueryParameterField",
  "unableToParsePrivateKey",
  "unableToFormatPrivateKeyToOpenSsh",
]);
/** Those that are of one reference, and that the vendor has no name for. */
const OTHER: ReadonlySet<string> = new Set([
  "itemNotActive",
  "unreadableField",
  "incompatibleAttribute",
  "fileTooLarge",
  "notFound",
  "permissionDenied",
  "decryption",
]);

const OF_ONE_ITEM: ReadonlySet<string> = new Set([
  "argumentInvalid",
  "decryption",
  "itemNotActive",
  "tooManyItems",
]);

/** @throws what stands in the way of all references */
function referenceError(error: ResolveError): ResolveReferenceError {
  const { type, message } = error;
  if (type === "parsing" || type === "unableToGenerateTotpCode") return { type, message };
  if (PLAIN.has(type)) return { type: type as PlainReferenceError };
  if (OTHER.has(type)) return { type: "other" };
  throw ofAll(error);
}

/** @throws what stands in the way of all items */
function itemError(error: ResolveError): ItemsGetAllError {
  const { type, message } = error;
  if (type === "itemNotFound") return { type };
  if (OF_ONE_ITEM.has(type)) return { type: "internal", message };
  throw ofAll(error);
}

function ofAll({ type: code, ...details }: ResolveError): unknown {
  const retryable = RETRYABLE.includes(code);
  return vendorError(new OnePasswordError({ code, retryable, ...details }));
}

const RETRYABLE: readonly string[] = ["network", "rateLimited", "serverError", "timeout"];

const SHARE_PARAMS = ["recipients", "expireAfter", "oneTimeOnly"];
const VAULT_PARAMS = ["accessors"];
const GROUP_PARAMS = ["vaultPermissions"];

/** The vendor's client ignores what it does not know. */
function onlyKnown<T>(params: T, known: readonly string[]): T {
  if (typeof params !== "object" || params === null) return params;
  const entries = Object.entries(membersOf(params)).filter(([name]) => known.includes(name));
  return Object.fromEntries(entries) as T;
}

/** The vendor's client opens no names for an object that does not ask for it. */
const unlessAsked = (params: VaultListParams) => {
  const { decryptDetails = false, ...others } = ownOf(params);
  return { ...others, decryptDetails };
};
