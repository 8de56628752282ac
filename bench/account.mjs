// The account that is measured at: one vault of numbered items, and files of text.
export const VAULT_ID = "o55tod6a4pdaoelxf2f7icbrv4";
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ID_CHARS = 26;

/** An id for each number, in the form of the service's. */
export function idOf(n) {
  let id = "";
  for (let rest = n; id.length < ID_CHARS; rest = Math.floor(rest / 32)) id += ALPHABET[rest % 32];
  return id;
}

/** Letters, because the vendor's client resolves no other files. */
const textOf = (bytes) => new Uint8Array(bytes).map((_, index) => 97 + ((index * 31) % 26));

const item = (n) => ({
  title: `item ${n}`,
  id: idOf(n),
  username: `user ${n}`,
  password: passwordOf(n),
  urls: [`https://${n}.example`],
});
const file = (bytes) => ({
  title: `file ${bytes}`,
  files: [{ name: "text", content: textOf(bytes) }],
});

export const passwordOf = (n) => `password ${n}`;
export const byName = (n) => `op://app/item ${n}/password`;
export const byId = (n) => `op://${VAULT_ID}/${idOf(n)}/password`;
export const fileOf = (bytes) => `op://app/file ${bytes}/text`;

/** `items` small ones, and a file of each length in bytes. */
export function accountOf({ items, files = [] }) {
  const all = [...Array.from({ length: items }, (_, n) => item(n)), ...files.map(file)];
  return { vaults: [{ name: "app", id: VAULT_ID, items: all }] };
}
