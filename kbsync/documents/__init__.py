"""Files as text and values: YAML, JSON, statements; what they must look like. Knows no disk."""
