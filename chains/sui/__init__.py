"""Sui: an address is the hash of a key; balances are the sums of coin objects."""
