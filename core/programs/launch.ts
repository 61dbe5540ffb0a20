/** How a program is started that may need a loader, libraries and links of its own. */
export interface Launch {
  command: string;
  /** Before the program's own arguments. */
  args: string[];
  /** Beside what the program itself is told by its environment. */
  env: Record<string, string>;
  /** What the program looks for in its working folder: name → target. A server's may be its data directory. */
  links: Record<string, string>;
  /** The file that it reads as its standard input; nothing unless given. */
  input?: string;
}
