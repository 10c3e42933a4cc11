"""Where wallet lists come from: a file, or a zip of files. Start at `interface`."""
