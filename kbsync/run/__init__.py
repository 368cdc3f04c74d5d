"""Carrying out a plan: one lock, one lease, one journal, and the writes."""
