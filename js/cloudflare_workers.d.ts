/** The part of Workers' own module that this package uses. */
declare module "cloudflare:workers" {
  export abstract class DurableObject {
    constructor(ctx: unknown, env: unknown);
  }
  export abstract class WorkerEntrypoint {
    constructor(ctx: unknown, env: unknown);
    protected readonly ctx: { readonly props?: unknown };
    protected readonly env: unknown;
  }
}
