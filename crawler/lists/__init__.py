"""Published wallet lists: one module per format, all pure. Start at `interface`."""
