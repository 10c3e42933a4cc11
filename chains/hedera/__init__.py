"""Hedera: accounts, the keys in their records, and what they hold."""
