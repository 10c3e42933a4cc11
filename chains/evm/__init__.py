"""Ethereum and the networks that share its accounts and its machine."""
