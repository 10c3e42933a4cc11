"""What a run says in the end: the report model, and one module per way to show it."""
