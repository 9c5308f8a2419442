/** A new SSH key pair. */
import { utils } from "ssh2";

export interface KeyPair {
  private: string;
  public: string;
}

const locked = (passphrase: string) => ({ passphrase, cipher: "aes256-ctr", rounds: 4 }) as const;

/** ssh2 writes some keys that it cannot read itself: one of 300, of 4000 tried. */
export function ed25519(passphrase?: string): KeyPair {
  for (;;) {
    const pair = passphrase
      ? utils.generateKeyPairSync("ed25519", locked(passphrase))
      : utils.generateKeyPairSync("ed25519");
    if (!(utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}
