"""NEAR: accounts with names, and access keys that come and go."""
