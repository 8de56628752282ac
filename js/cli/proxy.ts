const FLAG = "--use-env-proxy";

/** Whether this Node can go through the proxy that the environment names. */
export function knowsProxies(): boolean {
  return process.allowedNodeEnvironmentFlags.has(FLAG);
}

/** Whether it does, where one is named. */
export function usesProxy(env: NodeJS.ProcessEnv): boolean {
  const flags = [...process.execArgv, ...(env["NODE_OPTIONS"] ?? "").split(/\s+/)];
  return knowsProxies() && (env["NODE_USE_ENV_PROXY"] === "1" || flags.includes(FLAG));
}

const PROXY = /^(https?|all)_proxy$/i;

/** The variables that name a proxy. */
export function proxyVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter((name) => PROXY.test(name) && env[name]);
}

export const hasProxy = (env: NodeJS.ProcessEnv): boolean => proxyVariables(env).length > 0;
