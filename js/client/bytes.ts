/**
 * Bytes in a buffer of their own: `Uint8Array<ArrayBuffer>`, for which TypeScript before 5.7 has no
 * other name than `Uint8Array`.
 */
export type Bytes = ReturnType<Uint8Array["slice"]>;
