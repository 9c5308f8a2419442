/** The one place where text becomes part of a shell command. */

/**
 * A POSIX shell word that stands for exactly this text.
 * @throws when the text holds a NUL byte, which no argument of a program can, or half of a surrogate pair, which no encoding can
 */
export function quote(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new Error("a shell word cannot hold half of a surrogate pair");
  if (text.includes("\0")) throw new Error("a shell word cannot hold a NUL byte");
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command line from its words. */
export function commandLine(...words: readonly string[]): string {
  return words.map(quote).join(" ");
}
