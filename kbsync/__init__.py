"""GitOps for Keboola component configurations."""

__version__ = "0.1.0"
