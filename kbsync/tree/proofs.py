"""Remembers which ciphertext stands for a text that live holds in plain: one file in the cache.

It holds hashes only; see `kbsync.plain_text`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from kbsync.tree.kept import Kept

_FORMAT = 1
"""Raised whenever a proof means something else."""


def read_proofs(root: Path) -> dict[str, str]:
    """Return what `keep_proofs` kept; a proof in it that is not ours proves nothing."""
    found: dict[str, str] = json.loads(_kept(root).read() or b"{}")
    return found


def keep_proofs(root: Path, proofs: Mapping[str, str]) -> None:
    """Remember *proofs* too: others may be of what was not pulled now."""
    if proofs:
        all_of_them = {**read_proofs(root), **proofs}
        _kept(root).write(json.dumps(all_of_them, sort_keys=True).encode())


def _kept(root: Path) -> Kept:
    return Kept(root=root, name=".kbsync/cache/plain-text.json", kind=f"plain text {_FORMAT}")
