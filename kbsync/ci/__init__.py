"""Pipelines that run kbsync, as files for the platforms that run pipelines."""
