/** File in the state folder with a link to the console that has not been used. Whoever may read it may enter. */
export const linkFile = 'console-link';
