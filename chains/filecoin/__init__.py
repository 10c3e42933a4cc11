"""Filecoin: actors by id and by address, and tipsets with empty rounds between them."""
