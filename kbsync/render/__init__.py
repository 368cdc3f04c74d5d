"""Plans and results as text. Every renderer returns; none prints."""
