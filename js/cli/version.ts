// Both are filled in by the build, from package.json.
declare const PACKAGE_VERSION: string;
declare const PACKAGE_ENGINES: string;

/** This package's version. */
export const VERSION = PACKAGE_VERSION;
/** The versions of Node that it runs on, such as `^20.19.0 || >=22.12.0`. */
export const ENGINES = PACKAGE_ENGINES;
/** What the command is called. */
export const NAME = "onepassword-edge";
