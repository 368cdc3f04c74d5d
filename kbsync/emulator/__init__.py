"""A Storage API that runs on this machine. Imports nothing from the rest of kbsync."""
