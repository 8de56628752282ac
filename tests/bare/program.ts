// What the generated types say, as `types.mjs` has it checked.
import init, {
  type CallOptions,
  Client,
  type ClientEvent,
  type ClientOptions,
  type ClientStats,
  type InitOutput,
  type Item,
  type ItemOverview,
  type Items,
  type ItemsGetAllResponse,
  initSync,
  type OnePasswordError,
  type Pages,
  type ResolveAllResponse,
  type Vault,
  type VaultOverview,
  type Vaults,
} from "./pkg/op.js";

/** Whether two types are the same: `any` is the same as itself alone. */
type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;
type Bytes = Uint8Array<ArrayBuffer>;

holds<Is<typeof Client.authenticate, (options: ClientOptions) => Promise<Client>>>();
holds<Is<typeof Client.create, (options: ClientOptions) => Client>>();
holds<Is<Client["resolve"], (reference: string, options?: CallOptions) => Promise<string>>>();
holds<Is<Client["resolveBytes"], (reference: string, options?: CallOptions) => Promise<Bytes>>>();
holds<
  Is<Parameters<Client["resolveAll"]>, [references: readonly string[], options?: CallOptions]>
>();
holds<Is<ReturnType<Client["resolveAll"]>, Promise<ResolveAllResponse>>>();
holds<Is<Client["signIn"], () => Promise<void>>>();
holds<Is<Client["stats"], () => ClientStats>>();
holds<Is<Client["clearCache"], () => void>>();
holds<Is<Client["clearPause"], () => void>>();
holds<Is<Client["close"], () => void>>();
holds<Is<Client["items"], Items>>();
holds<Is<Client["vaults"], Vaults>>();
holds<Is<ReturnType<Items["get"]>, Promise<Item>>>();
holds<Is<ReturnType<Items["getAll"]>, Promise<ItemsGetAllResponse>>>();
holds<Is<ReturnType<Items["readFile"]>, Promise<Bytes>>>();
holds<Is<ReturnType<Vaults["get"]>, Promise<Vault>>>();
holds<Is<ReturnType<Vaults["getOverview"]>, Promise<VaultOverview>>>();
holds<Is<Awaited<ReturnType<ReturnType<Items["list"]>["all"]>>, ItemOverview[]>>();
holds<Is<Awaited<ReturnType<ReturnType<Vaults["list"]>["next"]>>, VaultOverview[] | undefined>>();
holds<Is<OnePasswordError["code"], string>>();
holds<Is<ReturnType<typeof init>, Promise<InitOutput>>>();

/** As a program is written. */
export async function main(auth: string, module: WebAssembly.Module): Promise<string[]> {
  initSync({ module });
  await init();
  await init({ module_or_path: fetch("./op_bg.wasm") });
  const seen: ClientEvent[] = [];
  const client = await Client.authenticate({
    auth,
    integrationName: "types",
    integrationVersion: "1",
    fetch,
    relay: (url) => `https://relay.example${url.pathname}`,
    retry: { retries: 1 },
    cache: { secretTtlMs: 1000 },
    store: new Map<string, string>(),
    onEvent: (event) => void seen.push(event),
    timers: { setTimeout, clearTimeout },
    signal: AbortSignal.timeout(1000),
  });
  const value: string = await client.resolve("op://vault/item/field", { fresh: true });
  const { individualResponses } = await client.resolveAll(["op://vault/item/field"]);
  const pages = client.items.list("vault", [
    { type: "ByState", content: { active: true, archived: false } },
  ]);
  const untyped: Pages = pages;
  const titles = (await pages.all()).map(({ title, state }) => `${title}: ${state}`);
  const year: number = (await client.items.get("vault", "item")).createdAt.getFullYear();
  const paths = seen.map((event) => (event.type === "request" ? event.path : event.type));
  untyped.free();
  client.close();
  const secret = individualResponses["op://vault/item/field"]?.content?.secret;
  return [value, secret ?? "", `${year}`, ...titles, ...paths];
}

/** What must not compile. */
export async function wrong(client: Client): Promise<void> {
  // @ts-expect-error: not without a name
  Client.create({ auth: "", integrationVersion: "" });
  // @ts-expect-error: not of text
  Client.create({ auth: "", integrationName: "", integrationVersion: "", timeoutMs: "1" });
  // @ts-expect-error: no such option
  Client.create({ auth: "", integrationName: "", integrationVersion: "", timeout: 1 });
  // @ts-expect-error: not of a number
  client.resolve(7);
  // @ts-expect-error: no such option
  client.resolve("", { timeout: 1 });
  // @ts-expect-error: a client is made by authenticate or create
  new Client();
  // @ts-expect-error: after the last page there is none
  (await client.vaults.list().next()).length;
  // @ts-expect-error: no member of a vault
  (await client.vaults.get("")).password;
}
