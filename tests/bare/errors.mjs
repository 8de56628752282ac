// What errors say, and what is left when a client is gone.
import { answering, equal, status, throwing } from "./checks.mjs";
import { BYTES, isTrue, never, same, TEXT } from "./kit.mjs";

const OVERVIEWS = "/items/overviews";
const CONFIRM = "/auth/confirm-key";

async function checkForm(check, { token, signIn, fails }) {
  await check("an error is a real Error with a code, and what else there is to say", async () => {
    const client = await signIn();
    const reference = "op://app/twice/password";
    const error = await fails("tooManyItems", client.resolve(reference));
    equal(error.reference, reference, "reference");
    same([error.retryable, error.status, error.cause], [false, undefined, undefined], "members");
    equal(error.candidates.length, 2, "candidates");
    for (const { id, title } of error.candidates) same([id.length, title], [26, "twice"], "one");
    isTrue(String(error).startsWith("OnePasswordError: 2 items"), String(error));
    isTrue(error.stack.length > 0, "stack");
    equal(JSON.parse(JSON.stringify(error)).code, "tooManyItems", "as JSON");
    const meant = await fails("itemNotFound", client.resolve("op://app/kind/password"));
    isTrue(meant.message.includes("did you mean “kinds”"), meant.message);
  });
  await check("an error has its name where Error.prototype is frozen", async () => {
    const { prototype } = Error;
    Object.defineProperty(prototype, "name", { writable: false });
    try {
      const client = await signIn();
      const error = await fails("vaultNotFound", client.resolve("op://nowhere/x/y"));
      isTrue(String(error).startsWith("OnePasswordError: no vault"), String(error));
    } finally {
      Object.defineProperty(prototype, "name", { writable: true });
    }
  });
  await check("what the service answers: status, when to try again, whether to", async () => {
    const limited = () => new Response("{}", { status: 429, headers: { "retry-after": "7" } });
    const answers = [
      ["permissionDenied", status(403), 403, false],
      ["notFound", status(404), 404, false],
      ["conflict", status(409), 409, false],
      ["rateLimited", limited, 429, true],
      ["serverError", status(503), 503, true],
      ["protocol", () => new Response("<html>"), undefined, false],
      ["protocol", () => ({ status: 0, type: "opaqueredirect" }), undefined, false],
    ];
    for (const [code, answer, expected, retryable] of answers) {
      const fetch = answering(OVERVIEWS, answer);
      const client = await signIn({ fetch, retry: { retries: 0 } });
      const error = await fails(code, client.resolve(TEXT));
      same([error.status, error.retryable], [expected, retryable], code);
      equal(error.retryAfterMs, code === "rateLimited" ? 7000 : undefined, "retryAfterMs");
      // It is the token's, and would hold for the next client.
      client.clearPause();
    }
  });
  await check("a fetch that fails is the cause, in its words without what it quotes", async () => {
    const quoting = () => {
      throw Object.assign(new TypeError(`no answer to ${token}`), { token });
    };
    const rejecting = async () => quoting();
    for (const fetch of [quoting, rejecting]) {
      const error = await fails("network", signIn({ fetch, retry: { retries: 0 } }));
      isTrue(error.cause instanceof Error, "cause");
      isTrue(error.cause.message.startsWith("TypeError: no answer to "), error.cause.message);
      equal(error.retryable, true, "retryable");
    }
    const odd = [
      undefined,
      null,
      7,
      Symbol("s"),
      {
        get message() {
          throw new Error();
        },
      },
    ];
    for (const thrown of odd) {
      const fetch = () => Promise.reject(thrown);
      await fails("network", signIn({ fetch, retry: { retries: 0 } }));
    }
    await fails("aborted", signIn({ fetch: throwing("AbortError") }));
    await fails("timeout", signIn({ fetch: throwing("TimeoutError"), retry: { retries: 0 } }));
  });
  await check(
    "who is not let in: a token refused, a server unproven, a host not allowed",
    async () => {
      const refused = await fails(
        "authenticationFailed",
        signIn({ fetch: answering(CONFIRM, status(401)) }),
      );
      same([refused.status, refused.retryable], [401, false], "refused");
      const unproven = answering(CONFIRM, () => Response.json({ serverVerifyHash: "AAAA" }));
      await fails("serverNotTrusted", signIn({ fetch: unproven }));
      const elsewhere = { allowedHosts: ["my.1password.com"], fetch: never };
      const error = await fails("hostNotAllowed", signIn(elsewhere));
      isTrue(error.message.includes("127.0.0.1"), error.message);
    },
  );
}

async function checkEnd(check, { signIn, create, fails }) {
  await check("a closed client ends what is under way and refuses all that comes", async () => {
    const client = await signIn({ fetch: answering(OVERVIEWS, never) });
    const { items, vaults } = client;
    const pages = vaults.list();
    await pages.next();
    const underWay = [client.resolve(TEXT), items.list("app").all()];
    const failing = underWay.map((call) => fails("closed", call));
    client.close();
    client.close();
    await Promise.all(failing);
    const calls = [
      client.resolve(TEXT),
      client.resolveBytes(BYTES),
      client.resolveAll([TEXT]),
      client.signIn(),
      items.get("app", "kinds"),
      items.getAll("app", ["kinds"]),
      items.list("app").next(),
      vaults.get("app"),
      pages.all(),
    ];
    for (const call of calls) equal((await fails("closed", call)).retryable, false, "retryable");
    equal(client.stats().signIns, 1, "stats");
    client.clearCache();
    const other = create();
    equal(await other.resolve(TEXT), "grüße", "another client");
  });
  await check("a client that was freed throws, and does no other harm", async () => {
    const freed = create();
    freed.free();
    for (const name of ["resolve", "items", "stats", "close", "free"]) {
      let thrown;
      try {
        freed[name]?.(TEXT);
      } catch (error) {
        thrown = error;
      }
      isTrue(thrown instanceof Error, `${name} throws nothing`);
    }
    equal(await create().resolve(TEXT), "grüße", "another client");
  });
}

export async function checkErrors(check, kit) {
  await checkForm(check, kit);
  await checkEnd(check, kit);
}
