/** Browsers that tests can drive, by the names of their programs. */
export const browsers: readonly string[];
/** Folder of the package that carries a browser; it exists where no other could be installed. */
export const browserPackage: URL;
/** Finds a program on PATH. */
export function pathOf(program: string): string | undefined;
