"""What was: runs, versions, and the plans that bring them back."""
