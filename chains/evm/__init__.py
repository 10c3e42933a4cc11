"""EVM networks: native coins and ERC-20 tokens."""
