/** What the service is told about the machine. Neither is needed for anything. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

const UNKNOWN = "unknown";

/** The platform as Node, Deno and Bun name it; other hosts do not say. */
export function detectPlatform(): Platform {
  const { process } = globalThis as { process?: { platform?: unknown; arch?: unknown } };
  const { platform, arch } = process ?? {};
  return {
    os: typeof platform === "string" ? (OS_NAMES[platform] ?? platform) : UNKNOWN,
    arch: typeof arch === "string" ? arch : UNKNOWN,
  };
}

const OS_NAMES: Readonly<Record<string, string>> = { win32: "windows" };
