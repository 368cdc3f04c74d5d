"""Storage tables, the buckets they are in, and the jobs that work on them."""
