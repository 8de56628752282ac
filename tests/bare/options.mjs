// What a program may give, and what it may not: each wrong option is named, and nothing of it told.
import { equal } from "./checks.mjs";
import { BYTES, isTrue, same, TEXT, watched } from "./kit.mjs";

const NO_SIGNAL = { aborted: false };
const hidden = () => {
  throw new Error("of a getter");
};

/** By option, as errors name it: what it must not be. A token in the wrong place comes to each. */
const WRONG = {
  integrationName: [undefined, null, 7, {}],
  integrationVersion: [undefined, 1, ["1"]],
  fetch: [7, {}, null],
  relay: [
    7,
    {},
    "nonsense",
    "http://relay.example/op",
    "https://u:p@relay.example/",
    "https://a.example/?q",
  ],
  allowedHosts: [7, {}, [7], "my.1password.com", ["a", undefined]],
  lazy: [1, "true", null],
  timeoutMs: [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "1000", null],
  signal: [7, NO_SIGNAL, null],
  retry: [7, null],
  "retry.retries": [-1, 1.5, 11, "2"],
  "retry.minMs": [-1, "1"],
  "retry.maxMs": [2 ** 31, null],
  cache: [true, null],
  "cache.metadataTtlMs": [-1, "1"],
  "cache.secretTtlMs": [Number.NaN],
  "cache.negativeTtlMs": [Number.NEGATIVE_INFINITY],
  "cache.staleIfErrorMs": [{}],
  store: [7, {}, new Set(), { get() {} }],
  share: [7, true, null, {}],
  waitUntil: [7, {}, null],
  onEvent: [7, {}, null],
  idsInEvents: [0, "false"],
  timers: [7, {}, { setTimeout() {} }],
  waitsForOthers: [1, null],
};
/** Where any text may stand, and where any object. */
const TEXTS = ["integrationName", "integrationVersion"];
const OBJECTS = ["retry", "cache"];

/** `{ a: { b: value } }` of the path `a.b`. */
const optionsOf = (path, value) =>
  path.split(".").reduceRight((inner, name) => ({ [name]: inner }), value);

async function checkWrongOnes(check, { bare, token, config, signIn, create, fails, throws }) {
  await check("each wrong option is named, and nothing of it is told", async () => {
    const { calls, fetch } = watched();
    for (const [path, wrong] of Object.entries(WRONG)) {
      const text = TEXTS.includes(path) ? [] : [token];
      const objects = OBJECTS.includes(path) ? [] : [[token], { token }, { [token]: token }];
      for (const value of [...wrong, ...text, ...objects]) {
        const options = { fetch, ...optionsOf(path, value) };
        const { message } = throws("argumentInvalid", () => create(options), path);
        isTrue(message.startsWith(`the option ${path} `), `${path}: ${message}`);
        equal((await fails("argumentInvalid", signIn(options))).message, message, path);
      }
    }
    equal(calls.length, 0, "requests");
  });
  await check("options that are none, and a token that is none", async () => {
    const none = [undefined, null, 7, token, [], () => {}];
    for (const options of none) await fails("tokenInvalid", bare.Client.authenticate(options));
    const cut = token.slice(0, -5);
    const wrong = [
      undefined,
      null,
      7,
      [token],
      { token },
      "",
      "ops_",
      cut,
      `x${token}`,
      `${token}x`,
    ];
    for (const auth of wrong) {
      await fails("tokenInvalid", signIn({ auth }));
      throws("tokenInvalid", () => create({ auth }));
    }
    equal(await create({ auth: `\n ${token} ` }).resolve(TEXT), "grüße", "with white space");
    throws("argumentInvalid", () => bare.Client.create({ auth: token, integrationName: "x" }));
    isTrue(!Object.hasOwn(config, "fetch"), "nothing is added to options");
  });
}

async function checkArguments(check, { token, create, fails }) {
  await check("each wrong argument of a call is named, and nothing of it is told", async () => {
    const client = create();
    const { items, vaults } = client;
    const filter = { type: "ByState", content: { active: true } };
    const calls = {
      options: [7, token, null].map((it) => client.resolve(TEXT, it)),
      timeoutMs: [0, token].map((timeoutMs) => client.resolveAll([TEXT], { timeoutMs })),
      signal: [NO_SIGNAL, token].map((signal) => client.resolveBytes(BYTES, { signal })),
      fresh: [1, token].map((fresh) => items.get("app", "kinds", { fresh })),
      references: [7, token, [7], [token, undefined]].map((it) => client.resolveAll(it)),
      vault: [7, "", [token], undefined].map((it) => items.get(it, "kinds")),
      item: [7, "", { token }].map((it) => items.get("app", it)),
      items: [7, token, [7], [[token]]].map((it) => items.getAll("app", it)),
      filter: [7, token, [token], [filter]].map((it) => items.list("app", it).all()),
      attributes: [7, token, {}, { id: [token] }].map((it) => items.readFile("app", "kinds", it)),
      params: [7, token, null].map((it) => vaults.list(it).next()),
      decryptDetails: [1, token].map((decryptDetails) => vaults.list({ decryptDetails }).all()),
      accessors: [1, token].map((accessors) => vaults.get("app", { accessors })),
    };
    for (const [name, promises] of Object.entries(calls)) {
      for (const promise of promises) {
        const { message } = await fails("argumentInvalid", promise);
        isTrue(message.startsWith(`the option ${name} `), `${name}: ${message}`);
      }
    }
    equal(client.stats().requests, 0, "requests");
  });
  await check("what is no reference is not told", async () => {
    const client = create();
    for (const wrong of [7, undefined, {}, "", "text", token, `op://${token}`, [TEXT]]) {
      const error = await fails("parsing", client.resolve(wrong));
      equal(error.reference, undefined, "reference");
      await fails("parsing", client.resolveBytes(wrong));
    }
    const error = await fails("parsing", client.resolve("op://app"));
    equal(error.reference, "op://app", "reference");
  });
}

async function checkProperties(check, { bare, token, config, signIn, create, fails, throws }) {
  await check("what stands on Object.prototype is nobody's option", async () => {
    const seen = [];
    const more = {
      fetch: () => seen.push("fetch"),
      relay: () => seen.push("relay"),
      onEvent: () => seen.push("onEvent"),
      timeoutMs: -1,
      lazy: 7,
      retries: 99,
      fresh: "x",
      decryptDetails: "x",
    };
    try {
      // Not enumerable: other parts of a runtime would trip over them.
      for (const [name, value] of Object.entries(more)) {
        const inherited = { value, writable: true, configurable: true };
        Object.defineProperty(Object.prototype, name, inherited);
      }
      const client = await signIn({ retry: {}, cache: {} });
      same([client.stats().signIns, await client.resolve(TEXT, {})], [1, "grüße"], "client");
      isTrue((await client.vaults.list({}).all()).length > 2, "vaults");
      throws("tokenInvalid", () => bare.Client.create(Object.create(config)));
    } finally {
      for (const name of Object.keys(more)) delete Object.prototype[name];
    }
    same(seen, [], "what was called");
  });
  await check("an object of a class: its own members, getters too, not its class's", async () => {
    const seen = [];
    class Config {
      auth = token;
      integrationName = "bare suite";
      allowedHosts = ["127.0.0.1"];
      get timeoutMs() {
        seen.push("timeoutMs");
        return -1;
      }
      fetch() {
        seen.push("fetch");
      }
    }
    const own = new Config();
    let reads = 0;
    const get = () => {
      reads += 1;
      return "1";
    };
    Object.defineProperty(own, "integrationVersion", { get });
    equal(await bare.Client.create(own).resolve(TEXT), "grüße", "value");
    same([seen, reads], [[], 1], "what was read");
  });
  await check(
    "getters and traps that throw: the option is named, what they throw is not told",
    async () => {
      for (const name of [...Object.keys(config), "fetch", "signal", "retry", "onEvent"]) {
        const options = Object.defineProperty({ ...config }, name, { get: hidden });
        const code = name === "auth" ? "tokenInvalid" : "argumentInvalid";
        const error = await fails(code, bare.Client.authenticate(options));
        isTrue(error.message.includes(`option ${name} `), error.message);
        isTrue(!`${error.message} ${error.cause}`.includes("of a getter"), error.message);
      }
      const get = { get: hidden };
      const limit = fails(
        "argumentInvalid",
        create().resolve(TEXT, Object.defineProperty({}, "signal", get)),
      );
      isTrue((await limit).message.includes("option signal "), "a call's option");
      const trap = new Proxy({}, { get: hidden, getOwnPropertyDescriptor: hidden, has: hidden });
      await fails("tokenInvalid", bare.Client.authenticate(trap));
      const list = new Proxy([TEXT], { get: hidden });
      const client = create();
      const { proxy, revoke } = Proxy.revocable([TEXT], {});
      revoke();
      for (const wrong of [list, proxy]) {
        await fails("argumentInvalid", client.resolveAll(wrong));
        await fails("argumentInvalid", client.items.getAll("app", wrong));
        await fails("argumentInvalid", client.items.list("app", wrong).all());
        await fails("argumentInvalid", signIn({ allowedHosts: wrong }));
      }
    },
  );
  await check("options are those of the moment they were given", async () => {
    const options = { ...config, retry: { retries: 0 }, allowedHosts: ["127.0.0.1"] };
    const client = bare.Client.create(options);
    Object.assign(options, { auth: "", fetch: hidden, relay: hidden });
    options.allowedHosts.pop();
    equal(await client.resolve(TEXT), "grüße", "value");
    const references = [TEXT];
    const all = client.resolveAll(references);
    references[0] = "op://app/kinds/all/concealed";
    same(Object.keys((await all).individualResponses), [TEXT], "references");
  });
}

export async function checkOptions(check, kit) {
  await checkWrongOnes(check, kit);
  await checkArguments(check, kit);
  await checkProperties(check, kit);
}
