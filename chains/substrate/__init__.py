"""Ledgers of the Substrate kind: Polkadot, Kusama, their Asset Hubs and other parachains."""
