"""Remembers which ciphertext stands for a text that live holds in plain: one file in the cache.

It holds hashes only; see `kbsync.plain_text`. What is damaged or cannot be read counts for nothing,
and a folder that cannot be written is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from kbsync.tree.write import write_atomically

PROOFS = ".kbsync/cache/plain-text.json"


def read_proofs(root: Path) -> dict[str, str]:
    """Return what `keep_proofs` kept; a proof in it that is not ours proves nothing."""
    try:
        found = json.loads((root / PROOFS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: proof for name, proof in entries if isinstance(proof, str)}


def keep_proofs(root: Path, proofs: Mapping[str, str]) -> None:
    """Remember *proofs* too: others may be of what was not pulled now."""
    path = root / PROOFS
    if proofs and not any(folder.is_symlink() for folder in (path.parent, path.parent.parent)):
        all_of_them = {**read_proofs(root), **proofs}
        with suppress(OSError):
            write_atomically(path, json.dumps(all_of_them, sort_keys=True).encode())
