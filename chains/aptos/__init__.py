"""Aptos: an address is the hash of the first key; the account record names the present one."""
