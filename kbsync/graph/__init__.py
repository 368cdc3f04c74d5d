"""Who refers to whom in a project, and which tables flow between them."""
