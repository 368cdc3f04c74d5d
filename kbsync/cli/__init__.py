"""The command line: a file for each command, and one boundary for errors."""
