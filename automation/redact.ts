/** Takes secrets out of texts before anybody sees them. */

/** What stands in a secret's place. */
export const redacted = "[secret]";

/** Shorter ones would take ordinary words out of every message. */
const shortest = 4;

/** Names of environment variables whose values are secret. */
const secretName = /SECRET|TOKEN|PASSWORD|PASSPHRASE|PRIVATE_KEY|CREDENTIAL/i;

/** Private keys in PEM form, whole or cut off, with real or escaped line ends. */
const pem = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** The secret values of an environment. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => (value && secretName.test(name) ? [value] : []));
}

/** A secret as it may stand in a text: as it is, escaped as JSON and Go do it, and each line of it alone. */
function forms(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => !line.startsWith("-----"));
  return [secret, secret.trim(), JSON.stringify(secret).slice(1, -1), ...lines.map((line) => line.trim())];
}

/** Every text inside a JSON value; a value that is no JSON is one text. */
function texts(value: string): string[] {
  const leaves = (node: unknown): string[] =>
    typeof node === "object" && node !== null ? Object.values(node).flatMap(leaves) : [String(node)];
  try {
    return [value, ...leaves(JSON.parse(value))];
  } catch {
    return [value];
  }
}

/**
 * @param secrets values, of which JSON objects and lists also stand for their parts; those of fewer than 4 characters are left
 * @returns a function from a text to the same without them
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.flatMap(texts).flatMap(forms))]
    .filter((form) => form.length >= shortest)
    // A secret inside another one must not cut it in two.
    .sort((one, other) => other.length - one.length);
  return (text) => known.reduce((rest, form) => rest.replaceAll(form, redacted), text.replace(pem, redacted));
}
