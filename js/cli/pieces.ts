/** Long enough that each costs little, short enough that few of them are in memory. */
const PIECE_CHARS = 1 << 16;

/** The same text in fewer pieces. */
export function* joined(texts: Iterable<string>): Generator<string> {
  let piece: string[] = [];
  let length = 0;
  for (const text of texts) {
    piece.push(text);
    length += text.length;
    if (length < PIECE_CHARS) continue;
    yield piece.join("");
    piece = [];
    length = 0;
  }
  if (length > 0) yield piece.join("");
}
