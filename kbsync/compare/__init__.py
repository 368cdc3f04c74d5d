"""What differs between two contents, and how that is told."""
