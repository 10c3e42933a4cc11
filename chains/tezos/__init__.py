"""Tezos: accounts, who signed for them, and what they hold."""
