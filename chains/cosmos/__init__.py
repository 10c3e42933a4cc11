"""Ledgers of the Cosmos SDK over CometBFT: bech32 accounts and a bank of denominations."""
