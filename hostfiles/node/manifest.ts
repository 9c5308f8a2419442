/** What the API server's manifest says, for every script on the node that asks. */
import { apiManifest } from "./paths";

/**
 * Shell functions. The manifest may change at any time: who asks for several flags reads it once. Nothing is printed, with status 1, for a flag
 * that is not there or has no value.
 */
export const manifestFunctions = `# Prints the API server's manifest without comments.
manifest() { sed '/^[[:space:]]*#/d' ${apiManifest} 2>/dev/null | tr -d '\\0'; }
# Prints a flag's value in the manifest $2: an address or a port, or what is made of the characters $3. The last of repeated flags counts.
flag() { local of=\${3-0-9.:}; printf '%s\\n' "$2" | grep -oE -- "--$1[= \\"]+[$of]+" | tail -n1 | grep -oE "[$of]+\\$"; }`;
