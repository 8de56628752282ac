// What wrangler and TypeScript make of the package, installed as a user does it.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installInto, pack } from "../../scripts/lib/pack.mjs";
import { programOf } from "../../scripts/lib/packages.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { TOOLS } from "../runtime/lib/project.mjs";
import { equal, match, ok, runTests } from "./kit.mjs";

const WRANGLER = join(TOOLS, "wrangler/bin/wrangler.js");
const KIB = 1024;
/** A Worker that only asks has no wasm module, which has 477 KiB. */
const MOST_BYTES = 48 * KIB;

const OWNER = `
import { onePasswordEntrypoint, onePasswordObject } from "onepassword-edge/durable-object";
export { OnePasswordEntrypoint, OnePasswordObject } from "onepassword-edge/durable-object";
export class Mine extends onePasswordObject((env: Env) => ({ auth: env.TOKEN, allow: ["op://app/**"] })) {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
  }
}
export const Narrow = onePasswordEntrypoint((env: Env) => ({ namespace: env.OP, name: "x" }));
export default { fetch: () => new Response("") } satisfies ExportedHandler<Env>;
`;

const CALLER = `
import {
  type DurableClient,
  durableClient,
  isOnePasswordError,
  type ObjectNamespaceLike,
} from "onepassword-edge/durable-client";
import type { Client } from "onepassword-edge";
import type { OnePasswordObject } from "onepassword-edge/durable-object";

declare const typed: DurableObjectNamespace<OnePasswordObject>;
declare const untyped: DurableObjectNamespace;
declare const none: DurableObjectNamespace<undefined>;
declare const fetcher: Fetcher;
declare const service: Service;
declare const client: Client;

const all: DurableClient[] = [typed, untyped, none, fetcher, service].map((each) => durableClient(each));
const same: Pick<Client, "resolve" | "secrets"> = durableClient(typed);
const other: DurableClient = client;
const like: ObjectNamespaceLike = typed;
// @ts-expect-error: no binding
durableClient({});
// @ts-expect-error: no option
durableClient(typed, { ttl: 5 });

export default {
  async fetch(request, env) {
    const { resolve, secrets } = durableClient(env.OP, { localTtlMs: 1_000, locationHint: "weur" });
    const text: string = await resolve("op://a/b/c", { signal: request.signal, fresh: true });
    const bytes: Uint8Array = await secrets.resolveBytes("op://a/b/c", { timeoutMs: 5 });
    const { individualResponses } = await secrets.resolveAll([text]).catch((error: unknown) => {
      throw isOnePasswordError(error) ? new Error(error.code) : error;
    });
    const narrow = await durableClient(env.NARROW).resolve("op://a/b/c");
    return Response.json([bytes.length, individualResponses, narrow, all, same, other, like]);
  },
} satisfies ExportedHandler<Env>;
`;

const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    module: "ESNext",
    moduleResolution: "bundler",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    lib: ["ES2022", "ESNext.Disposable"],
    types: ["./worker-configuration.d.ts"],
  },
};

const BINDINGS = {
  compatibility_date: "2026-04-01",
  durable_objects: { bindings: [{ name: "OP", class_name: "OnePasswordObject" }] },
};
const OWNER_CONFIG = {
  ...BINDINGS,
  name: "owner",
  main: "owner.ts",
  vars: { TOKEN: "" },
  migrations: [{ tag: "v1", new_sqlite_classes: ["OnePasswordObject"] }],
};
const CALLER_CONFIG = {
  ...BINDINGS,
  name: "caller",
  main: "caller.ts",
  durable_objects: {
    bindings: [{ name: "OP", class_name: "OnePasswordObject", script_name: "owner" }],
  },
  services: [
    {
      binding: "NARROW",
      service: "owner",
      entrypoint: "OnePasswordEntrypoint",
      props: { allow: ["op://app/**"] },
    },
  ],
};

export async function tools(kit) {
  const home = join(kit.folder, "home-of-tools");
  const tarball = await pack(join(kit.folder, "packed"));
  const env = { ...kit.env, HOME: home };
  mkdirSync(home, { recursive: true });
  const layOut = async (name, config, source) => {
    const cwd = join(kit.folder, name);
    await installInto(cwd, tarball);
    writeFileSync(join(cwd, "wrangler.json"), JSON.stringify(config));
    writeFileSync(
      join(cwd, "tsconfig.json"),
      JSON.stringify({ ...TSCONFIG, include: [`${name}.ts`] }),
    );
    writeFileSync(join(cwd, `${name}.ts`), source);
    return cwd;
  };
  const wrangler = (cwd, ...args) => run(process.execPath, [WRANGLER, ...args], { cwd, env });
  const check = async (cwd) => {
    await wrangler(cwd, "types");
    await run(process.execPath, [programOf("typescript/bin/tsc"), "-p", cwd], { cwd });
  };
  const upload = async (cwd) => {
    const { all } = await wrangler(cwd, "deploy", "--dry-run", "--outdir", "out");
    const [, size] = /Total Upload: (.*)/.exec(all) ?? [];
    console.log(`       upload of ${cwd.split("/").at(-1)}: ${size}`);
    return { all, kib: Number.parseFloat(size), files: readdirSync(join(cwd, "out")) };
  };
  const owner = await layOut("owner", OWNER_CONFIG, OWNER);
  const caller = await layOut("caller", CALLER_CONFIG, CALLER);
  return await runTests({
    "types, as wrangler generates them, of the owner": () => check(owner),
    "and of a caller": () => check(caller),
    "the owner's upload has the wasm module": async () => {
      const { files } = await upload(owner);
      ok(files.some((name) => name.endsWith(".wasm")));
    },
    "a caller's has none": async () => {
      const { all, kib, files } = await upload(caller);
      equal(
        files.some((name) => name.endsWith(".wasm")),
        false,
      );
      ok(kib * KIB < MOST_BYTES, `${kib} KiB`);
      match(all, /env\.NARROW/);
    },
    "outside of Workers a program loads it, and is told": async () => {
      const code = `
        import { durableClient, OnePasswordObject } from "onepassword-edge/durable-object";
        import * as other from "onepassword-edge/durable-client";
        if (durableClient !== other.durableClient) throw new Error("two copies");
        try { new OnePasswordObject() } catch (error) { console.log(error.code) }
        const namespace = { idFromName: (name) => name, get: (id) => ({ read: async ({ references }) => ({ results: references.map((each) => ({ value: id + each })) }) }) };
        console.log(await durableClient(namespace, { name: "n" }).resolve("op://a/b/c"));`;
      const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], {
        cwd: owner,
      });
      equal(stdout.trim(), "unsupported\nnop://a/b/c");
    },
  });
}
