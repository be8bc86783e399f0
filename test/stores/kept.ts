/** What a server keeps for us, as its owner sees it, past all of our own code. */
export interface Kept {
  /** All that there is in the bucket or the container, uploads in parts and segments included, sorted. */
  kept(): Promise<string[]>;
  put(name: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<void>;
}
