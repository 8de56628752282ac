// Ways to start the module, each of a copy of its own. Static imports: Deno would have to be allowed
// any other.
import { equal } from "./checks.mjs";
import { isTrue, TEXT } from "./kit.mjs";
import * as ofBytes from "./pkg/op.js?bytes";
import * as ofModule from "./pkg/op.js?module";
import * as ofResponse from "./pkg/op.js?response";
import * as atOnce from "./pkg/op.js?sync";

const HEADERS = { "content-type": "application/wasm" };

/** Checks them with the module's bytes. */
export const startsOf = (bytes) => async (check, kit) => {
  const works = async ({ Client }) => {
    isTrue(Client !== kit.bare.Client, "no copy");
    equal(await Client.create(kit.config).resolve(TEXT), "grüße", "value");
  };
  await check("init takes bytes, also after some that are no module", async () => {
    let error;
    await ofBytes.default({ module_or_path: bytes.slice(0, 100) }).catch((thrown) => {
      error = thrown;
    });
    isTrue(error instanceof WebAssembly.CompileError, `no CompileError: ${error}`);
    await ofBytes.default({ module_or_path: bytes });
    await works(ofBytes);
  });
  await check("init takes a Response, and a promise of one", async () => {
    const response = Promise.resolve(new Response(bytes, { headers: HEADERS }));
    const starting = [1, 2].map(() => ofResponse.default({ module_or_path: response }));
    const [one, other] = await Promise.all(starting);
    equal(one, other, "exports");
    await works(ofResponse);
  });
  await check("init takes a compiled module", async () => {
    await ofModule.default({ module_or_path: await WebAssembly.compile(bytes) });
    await works(ofModule);
  });
  await check("initSync takes a compiled module", async () => {
    atOnce.initSync({ module: await WebAssembly.compile(bytes) });
    await works(atOnce);
  });
};
