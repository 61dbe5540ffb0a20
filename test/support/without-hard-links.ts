import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Makes link(2) fail in this process, as on exFAT and some shared folders. Returns what ends it. */
export function withoutHardLinks(): () => void {
  const { link } = fs.promises;
  const replaceWith = (call: typeof link) => {
    fs.promises.link = call;
    syncBuiltinESMExports();
  };
  replaceWith(async () => {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM', syscall: 'link' });
  });
  return () => replaceWith(link);
}
