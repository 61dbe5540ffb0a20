/** Addresses under which whoever has one may download an object without a right of their own. */
export interface Links {
  /** The address works for so many seconds at most. Nothing looks whether the key holds something. */
  toDownload(key: string, options: { seconds: number; fileName: string }): Promise<string>;
}
