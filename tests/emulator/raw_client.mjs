// A client of the protocol that does as it is told, right or wrong: written from the specification
// with node:crypto, and sharing nothing with the emulator or with the package's own client.
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createDiffieHellmanGroup,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
} from "node:crypto";

const N_BYTES = createDiffieHellmanGroup("modp16").getPrime();
const N = toNumber(N_BYTES);
const G = 5n;

export function readToken(token) {
  return JSON.parse(Buffer.from(token.slice("ops_".length), "base64url").toString());
}

/** A PASETO v4.public token as every request carries it; `change` can spoil any part. */
export function throttlingToken({ throttleSecret }, nowMs = Date.now(), change = {}) {
  const seconds = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const claims = { iat: seconds(nowMs), exp: seconds(nowMs + 3_600_000), ...change.claims };
  const message = Buffer.from(JSON.stringify(claims));
  const footer = Buffer.from(JSON.stringify({ kid: change.kid ?? throttleSecret.uuid }));
  const implicit = Buffer.from(change.implicit ?? "B5_THROTTLING_TOKEN");
  const header = Buffer.from("v4.public.");
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const der = Buffer.concat([prefix, Buffer.from(throttleSecret.seed, "hex")]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const signature = sign(null, preAuthEncode([header, message, footer, implicit]), key);
  const body = Buffer.concat([message, signature]).toString("base64url");
  return `v4.public.${body}.${footer.toString("base64url")}`;
}

function preAuthEncode(parts) {
  const length = (n) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(n));
    return bytes;
  };
  return Buffer.concat([length(parts.length), ...parts.flatMap((p) => [length(p.length), p])]);
}

export class RawClient {
  constructor(emulator) {
    this.emulator = emulator;
    this.token = readToken(emulator.token);
    this.number = 7;
    this.host = new URL(this.token.signInAddress).hostname;
  }

  /** The headers that every request needs. */
  headers() {
    return {
      "X-AgileBits-Client": "1Password SDK/0050002",
      "OP-User-Agent": `1|SDK|999999999|${this.token.deviceUuid}|||Fetch API|Fetch API|linux|0.0.0|x64`,
      "OP-Data-Consistency": "eventual",
      "OP-Throttling-Token": throttlingToken(this.token),
      ...(this.sessionId === undefined ? {} : { "X-AgileBits-Session-ID": this.sessionId }),
    };
  }

  /** A request in the clear; `headers` set to undefined are left out. */
  async plain(method, path, body, headers = {}) {
    const all = Object.entries({ ...this.headers(), ...headers });
    const response = await this.emulator.fetch(`https://anything.example${path}`, {
      method,
      headers: all.filter(([, value]) => value !== undefined),
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, json: await readJson(response) };
  }

  /** A request with its MAC and a sealed body, the answer opened; `change` can spoil any part. */
  async sealed(method, path, body, change = {}) {
    const n = change.number ?? this.number++;
    const [pathname, query = ""] = path.split("?");
    const text = `${this.sessionId}|${method}|${change.host ?? this.host}${pathname}?${query}|v1|${n}`;
    const derived = hmac(this.key, "He never wears a Mac, in the pouring rain. Very strange.");
    const mac = hmac(derived, text).subarray(0, 12).toString("base64url");
    const envelope = body === undefined ? undefined : this.seal(body, change.kid);
    const header = "mac" in change ? change.mac : `v1|${n}|${mac}`;
    const answer = await this.plain(method, path, change.body ?? envelope, {
      "X-AgileBits-MAC": header,
      ...change.headers,
    });
    const isSealed = answer.status === 200 && change.plainAnswer !== true;
    return isSealed ? { ...answer, json: this.open(answer.json) } : answer;
  }

  /** The key of a vault, as a JWK. */
  async vaultJwk(uuid) {
    const { keysets } = (await this.sealed("GET", "/api/v2/account/keysets")).json;
    const vault = await this.sealed("GET", `/api/v3/vault/${uuid}?attrs=combined-access`);
    const { kid, enc, data } = vault.json.combinedAccess.encVaultKey;
    return JSON.parse(openRsa(openKeyset(this, keysets, kid), enc, data));
  }

  seal(value, kid = this.sessionId) {
    return sealJson(this.key, kid, value);
  }

  open(envelope) {
    if (envelope.kid !== this.sessionId) throw new Error("an answer in another session's envelope");
    return openJson(this.key, envelope);
  }

  async start() {
    const { email, deviceUuid, secretKey } = this.token;
    const skid = secretKey.split("-")[1];
    const answer = await this.plain("POST", "/api/v3/auth/start", {
      email,
      skFormat: "A3",
      skid,
      deviceUuid,
    });
    this.sessionId = answer.json.sessionID;
    return answer;
  }

  /** The second request; keeps what the third one needs. */
  async exchange() {
    const a = toNumber(randomBytes(38));
    const userA = power(G, a);
    const answer = await this.plain("POST", "/api/v2/auth", { userA: userA.toString(16) });
    const userB = BigInt(`0x${answer.json.userB}`);
    const { email, secretKey, srpX, userAuth } = this.token;
    const k = toNumber(hash(N_BYTES, pad(G)));
    const u = toNumber(hash(pad(userA), pad(userB)));
    const x = BigInt(`0x${srpX}`);
    const base = (((userB - k * power(G, x)) % N) + N) % N;
    this.key = hash(power(base, a + u * x).toString(16));
    const identity = hash(
      hash(secretKey.split("-")[1]),
      hash(email.normalize("NFKD").toLowerCase()),
    );
    const group = hash(N_BYTES).map((byte, index) => byte ^ hash(Buffer.of(5))[index]);
    this.proof = hash(
      group,
      hash(identity.toString("base64url")),
      Buffer.from(userAuth.salt, "base64url"),
      unpadded(userA),
      unpadded(userB),
      this.key,
    );
    this.expectedProof = hash(unpadded(userA), this.proof, this.key).toString("base64url");
    return answer;
  }

  confirm(proof = this.proof) {
    const clientVerifyHash = proof.toString("base64url");
    return this.plain("POST", "/api/v2/auth/confirm-key", { clientVerifyHash });
  }

  complete(change) {
    const body = { client: "1Password SDK/0050002", device: null };
    return this.sealed("POST", "/api/v2/auth/complete", body, change);
  }

  /** All four requests. */
  async signIn() {
    await this.start();
    await this.exchange();
    await this.confirm();
    await this.complete();
    return this;
  }
}

/** A keyset's private key, down the chain that seals it. */
export function openKeyset(client, keysets, uuid) {
  const { encryptedBy, encSymKey, encPriKey } = keysets.find((keyset) => keyset.uuid === uuid);
  const symmetric =
    encryptedBy === "mp"
      ? openJson(Buffer.from(client.token.muk.k, "base64url"), encSymKey)
      : JSON.parse(
          openRsa(openKeyset(client, keysets, encryptedBy), encSymKey.enc, encSymKey.data),
        );
  if (symmetric.kid !== uuid) throw new Error("another keyset's symmetric key");
  const jwk = openJson(Buffer.from(symmetric.k, "base64url"), encPriKey);
  if (jwk.kid !== uuid) throw new Error("another keyset's private key");
  return jwk;
}

export function openRsa(jwk, enc, data) {
  if (enc !== jwk.alg) throw new Error("sealed with another algorithm");
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return privateDecrypt({ key, ...oaep(enc) }, Buffer.from(data, "base64url")).toString();
}

export function sealRsa(jwk, value) {
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const data = publicEncrypt({ key, ...oaep(jwk.alg) }, Buffer.from(JSON.stringify(value)));
  return { cty: "b5+jwk+json", kid: jwk.kid, enc: jwk.alg, data: data.toString("base64url") };
}

function oaep(alg) {
  const oaepHash = alg === "RSA-OAEP" ? "sha1" : "sha256";
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash };
}

export function sealJson(key, kid, value) {
  return sealText(key, kid, JSON.stringify(value));
}

export function sealText(key, kid, text) {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const data = Buffer.concat([cipher.update(text), cipher.final()]);
  return {
    kid,
    enc: "A256GCM",
    cty: "b5+jwk+json",
    iv: iv.toString("base64url"),
    data: Buffer.concat([data, cipher.getAuthTag()]).toString("base64url"),
  };
}

export function openJson(key, { iv, data }) {
  return JSON.parse(openBytes(key, iv, Buffer.from(data, "base64url")).toString());
}

export function openBytes(key, iv, sealed) {
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

async function readJson(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hash(...parts) {
  return parts.reduce((digest, part) => digest.update(part), createHash("sha256")).digest();
}

function hmac(key, text) {
  return createHmac("sha256", key).update(text).digest();
}

function power(base, exponent) {
  let result = 1n;
  let square = base % N;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % N;
    square = (square * square) % N;
  }
  return result;
}

function toNumber(bytes) {
  return BigInt(`0x${bytes.toString("hex")}`);
}

function pad(value) {
  return Buffer.from(value.toString(16).padStart(1024, "0"), "hex");
}

function unpadded(value) {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
}
