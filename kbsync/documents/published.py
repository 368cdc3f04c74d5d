"""The JSON Schemas that kbsync publishes, by name. Reads them from the package."""

from __future__ import annotations

from importlib import resources

_ENDING = ".schema.json"


def schema_names() -> list[str]:
    """Return the names of all schemas, sorted."""
    files = (each.name for each in resources.files("kbsync.schemas").iterdir())
    return sorted(name.removesuffix(_ENDING) for name in files if name.endswith(_ENDING))


def schema_text(name: str) -> str:
    """Return the schema called *name*, byte for byte as it is published."""
    return resources.files("kbsync.schemas").joinpath(f"{name}{_ENDING}").read_text("utf-8")
