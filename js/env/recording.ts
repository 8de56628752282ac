import type { Resolver } from "./resolve.js";

/** Passes everything on to another, and keeps what it reads, by its references. */
export function recording(resolver: Resolver, read: Map<string, string>): Resolver {
  return {
    secrets: {
      resolveAll: async (references, options) => {
        const answer = await resolver.secrets.resolveAll(references, options);
        for (const [reference, { content }] of Object.entries(answer.individualResponses)) {
          if (content !== undefined) read.set(reference, content.secret);
        }
        return answer;
      },
    },
  };
}
