import type { AccountDescription } from "./description.js";

/** A reference that the sample account answers with {@link SAMPLE_SECRET}. */
export const SAMPLE_REFERENCE = "op://app/database/password";

/** What {@link SAMPLE_REFERENCE} stands for. */
export const SAMPLE_SECRET = "correct-horse-battery-staple";

/** The account of an emulator that was given none. */
export function sampleAccount(): AccountDescription {
  return {
    vaults: [
      {
        name: "app",
        items: [
          {
            title: "database",
            username: "app",
            password: SAMPLE_SECRET,
            notes: "A sample item of the emulator.",
            sections: [{ title: "server", fields: { host: "db.example", port: "5432" } }],
          },
          {
            title: "one-time password",
            fields: [{ title: "code", kind: "otp", value: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }],
          },
        ],
      },
      {
        name: "shared",
        items: [
          {
            title: "readme",
            category: "SecureNote",
            notes: "Everything here is made up.",
            files: [{ name: "hello.txt", content: "Hello from the emulator.\n" }],
          },
        ],
      },
    ],
  };
}
