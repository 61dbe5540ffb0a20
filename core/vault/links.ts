/** Addresses that let their holder download an object without rights of his own. */
export interface Links {
  /** Makes an address that works for `seconds` at most. Does not check whether the key holds something. */
  toDownload(key: string, options: { seconds: number; fileName: string }): Promise<string>;
}
