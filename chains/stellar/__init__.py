"""Stellar and Pi: accounts, who signed for them, and what they hold."""
