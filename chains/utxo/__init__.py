"""Bitcoin and the ledgers that share its scripts."""
