// That a `Deno.Kv` is what `denoKvStore` takes. Read by `deno check` beside an installed package.
import { denoKvStore, type Store } from "onepassword-edge/stores";

export const store: Store = denoKvStore(await Deno.openKv(), { prefix: "app" });
// @ts-expect-error
export const none: Store = denoKvStore(new Map<string, string>());
