"""TON: an account is the hash of a wallet contract's code and data; the key is in the data."""
