/** Command that starts a program, which may need a loader, libraries and links of its own. */
export interface Launch {
  command: string;
  /** Arguments before the program's own. */
  args: string[];
  /** Environment beside the program's own. */
  env: Record<string, string>;
  /** Links that the program looks for in its working folder, such as a server's data directory: name → target. */
  links: Record<string, string>;
  /** File that it reads as its standard input; by default nothing. */
  input?: string;
}
