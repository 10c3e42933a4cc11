"""What outlives a run: readings, runs and their reports, in SQLite or PostgreSQL."""
