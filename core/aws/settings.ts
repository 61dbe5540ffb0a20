/** Settings of every client of the SDK that are not its defaults. */
export const settings = {
  /**
   * The default, 3, waits about a second in all. A throttling service (SlowDown) gets some 10 s, because one refused
   * part ends an upload of hours.
   */
  maxAttempts: 6,
  /**
   * In milliseconds. By default, a connection without an answer hangs until the function is cut off: then nothing can
   * be cleaned up or reported.
   */
  requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
};
