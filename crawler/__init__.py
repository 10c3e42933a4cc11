"""Knows custodians, files, runs and money; speaks to networks only through `chains`."""

__version__ = "0.1.0"
