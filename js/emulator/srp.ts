import { sha256 } from "./crypto.js";
import { type Bytes, fromBigInt, randomBytes, toBase64url, toBigInt, utf8 } from "./encoding.js";

/** The 4096-bit group of RFC 3526 §5, which RFC 5054 takes over with the generator 5. */
const PRIME_HEX =
  "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74" +
  "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437" +
  "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed" +
  "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05" +
  "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb" +
  "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b" +
  "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718" +
  "3995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33" +
  "a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7" +
  "abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864" +
  "d87602733ec86a64521f2b18177b200cbbe117577a615d6c770988c0bad946e2" +
  "08e24fa074e5ab3143db5bfce0fd108e4b82d120a92108011a723c12a787e6d7" +
  "88719a10bdba5b2699c327186af4e23c1a946834b6150bda2583e9ca2ad44ce8" +
  "dbbbc2db04de8ef92e8efc141fbecaa6287c59474e6bc05d99b2964fa090c3a2" +
  "233ba186515be7ed1f612970cee2d7afb81bdd762170481cd0069127d5b05aa9" +
  "93b4ea988d8fddc186ffb7dc90a6c08f4df435c934063199ffffffffffffffff";

/** The group's prime. */
export const N = BigInt(`0x${PRIME_HEX}`);
/** The group's generator. */
export const G = 5n;
/** Length of the prime, to which numbers are padded for `k` and `u`. */
const N_BYTES = 512;
const EXPONENT_BYTES = 32;

/** What the service knows of an account: never `x` itself. */
export interface Verifier {
  /** g^x mod N. */
  readonly v: bigint;
  /** The user's name as both sides hash it: see {@link srpIdentity}. */
  readonly identity: string;
  readonly salt: Bytes;
}

/** One exchange, after the service has answered with its public value. */
export interface Exchange {
  /** B, for the answer `userB`. */
  readonly userB: bigint;
  /** K: the session key, if the client proves that it knows it too. */
  readonly sessionKey: Bytes;
  /** M1: what the client has to send. */
  readonly clientProof: Bytes;
  /** M2: the answer to a right M1. */
  readonly serverProof: Bytes;
}

/** `base ^ exponent mod N`. */
export function powN(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % N;
    if (bit === "1") result = (result * base) % N;
  }
  return result;
}

/** k = H(pad(N) ‖ pad(g)). */
export async function multiplier(): Promise<bigint> {
  return toBigInt(await sha256(pad(N), pad(G)));
}

/** I = base64url(H(H(key id) ‖ H(lower(NFKD(email))))). */
export async function srpIdentity(keyId: string, email: string): Promise<string> {
  const name = utf8(email.normalize("NFKD").toLowerCase());
  return toBase64url(await sha256(await sha256(utf8(keyId)), await sha256(name)));
}

/** Reads `userA`: lower-case hex of a number in 1…N−1 without leading zeros, else `undefined`. */
export function parseUserA(hex: string): bigint | undefined {
  if (!/^[1-9a-f][0-9a-f]*$/.test(hex) || hex.length > N_BYTES * 2) return undefined;
  const userA = BigInt(`0x${hex}`);
  return userA < N ? userA : undefined;
}

/** The service's half of SRP: everything that follows from the client's public value. */
export async function answerExchange(verifier: Verifier, userA: bigint): Promise<Exchange> {
  const b = toBigInt(randomBytes(EXPONENT_BYTES));
  const userB = ((await multiplier()) * verifier.v + powN(G, b)) % N;
  const u = toBigInt(await sha256(pad(userA), pad(userB)));
  const shared = powN((userA * powN(verifier.v, u)) % N, b);
  const sessionKey = await sha256(utf8(shared.toString(16)));
  const clientProof = await sha256(
    await groupHash(),
    await sha256(utf8(verifier.identity)),
    verifier.salt,
    fromBigInt(userA),
    fromBigInt(userB),
    sessionKey,
  );
  const serverProof = await sha256(fromBigInt(userA), clientProof, sessionKey);
  return { userB, sessionKey, clientProof, serverProof };
}

/** H(bytes(N)) xor H(bytes(g)). */
async function groupHash(): Promise<Bytes> {
  const ofG = await sha256(fromBigInt(G));
  return (await sha256(fromBigInt(N))).map((byte, index) => byte ^ (ofG[index] ?? 0));
}

function pad(value: bigint): Bytes {
  return fromBigInt(value, N_BYTES);
}
