"""Solana and the networks that share its accounts: the address is the Ed25519 key."""
