"""Starknet: an account is a contract; its address holds the key that it was made with."""
