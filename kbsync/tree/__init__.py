"""The folder of files: what lies where, what it declares, and writing it."""
