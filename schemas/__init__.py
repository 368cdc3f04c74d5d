"""JSON Schemas of every file that kbsync reads or writes."""
