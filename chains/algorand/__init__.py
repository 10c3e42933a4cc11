"""Algorand: accounts that are Ed25519 keys, and assets by number."""
