"""The XRP Ledger: accounts, their keys, and what they hold."""
