import type { Writable } from "node:stream";

/** Writes it; resolves when it is on its way, or rejects with what the system says. */
export function written(stream: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
