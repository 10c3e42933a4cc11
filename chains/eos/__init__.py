"""EOS (Vaulta), WAX: account names, permissions, and balances from an index of table deltas."""
