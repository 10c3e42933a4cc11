"""The store and output folders over HTTP: pages for people, JSON for programs. Read-only."""
