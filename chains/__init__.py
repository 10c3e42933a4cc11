"""Speaks to blockchains: addresses, ownership rules, balances, control. Never imports crawler."""
