"""TRON: Ethereum's accounts behind base58check addresses."""
