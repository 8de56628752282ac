/**
 * Finds all of several texts in bytes, however they are cut: Aho and Corasick, “Efficient string
 * matching: an aid to bibliographic search”, 1975. The trie's edges are lists of siblings, because
 * nearly all nodes have one child; the root's are a table, because nearly all bytes are looked up there.
 */
export class Automaton {
  readonly #byte: Uint8Array;
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  readonly #root = new Int32Array(256);
  /** How many bytes lead to a node, and how long the longest text is that ends there; 0: none does. */
  readonly depth: Int32Array;
  readonly found: Int32Array;

  constructor(texts: readonly Uint8Array[]) {
    const most = texts.reduce((sum, { length }) => sum + length, 1);
    this.#byte = new Uint8Array(most);
    this.#child = new Int32Array(most);
    this.#sibling = new Int32Array(most);
    this.#fail = new Int32Array(most);
    this.depth = new Int32Array(most);
    this.found = new Int32Array(most);
    let count = 1;
    for (const text of texts) count = this.#add(text, count);
    this.#link(count);
  }

  /** The state after one more byte. */
  next(state: number, byte: number): number {
    for (let node = state; node !== 0; node = at(this.#fail, node)) {
      const child = this.#edge(node, byte);
      if (child !== 0) return child;
    }
    return at(this.#root, byte);
  }

  #edge(node: number, byte: number): number {
    if (node === 0) return at(this.#root, byte);
    let child = at(this.#child, node);
    while (child !== 0 && at(this.#byte, child) !== byte) child = at(this.#sibling, child);
    return child;
  }

  #add(text: Uint8Array, count: number): number {
    let next = count;
    let node = 0;
    for (const byte of text) {
      let child = this.#edge(node, byte);
      if (child === 0) {
        child = next;
        next += 1;
        this.#byte[child] = byte;
        this.depth[child] = at(this.depth, node) + 1;
        if (node === 0) this.#root[byte] = child;
        this.#sibling[child] = at(this.#child, node);
        this.#child[node] = child;
      }
      node = child;
    }
    this.found[node] = at(this.depth, node);
    return next;
  }

  /** Breadth first: where to go on from a node whose next byte does not fit. */
  #link(count: number): void {
    const order = new Int32Array(count);
    let end = 1;
    for (let head = 0; head < end; head += 1) {
      const node = at(order, head);
      for (let child = at(this.#child, node); child !== 0; child = at(this.#sibling, child)) {
        const fail = node === 0 ? 0 : this.next(at(this.#fail, node), at(this.#byte, child));
        this.#fail[child] = fail;
        this.found[child] = Math.max(at(this.found, child), at(this.found, fail));
        order[end] = child;
        end += 1;
      }
    }
  }
}

const at = (array: Uint8Array | Int32Array, index: number): number => array[index] as number;
