"""The Storage API: what can be asked, how it is asked, and what the answers mean."""
