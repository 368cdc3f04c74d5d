"""`kbsync encrypt`."""

from __future__ import annotations

from pathlib import Path

import click

from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("encrypt")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option(
    "--check",
    is_flag=True,
    help="Only tell where there is plain text: exit 2 if anywhere, 0 if nowhere. Sends nothing.",
)
@click.pass_obj
def command(session: Session, files: tuple[Path, ...], check: bool) -> ExitCode:
    """Encrypt plain secrets in the files.

    What stands in plain text under a key that starts with `#` becomes ciphertext, good for its
    component in this project; all else in the file stays as it is. FILE limits it to some
    configurations and rows. All is encrypted before the first file is written. Of overlays those of
    the environment are encrypted; --check looks at all.
    """
    from kbsync.api.encryption import EncryptionService
    from kbsync.api.fetch import fetch_target
    from kbsync.cli.chosen import chosen_files
    from kbsync.cli.output import show
    from kbsync.encrypt_files import declaring_files, encrypt_files, plain_files
    from kbsync.render.lines import Line, plural
    from kbsync.tree.files import tree_root
    from kbsync.tree.in_place import write_files

    root = tree_root(session.root)
    hint = "Name a config.yaml, or a file in rows/; an overlay with the --env that it is for."
    environments = session.settings.environments
    looked_at = environments.variables.keys() if check else {environments.chosen}
    known = declaring_files(root, environments, overlays_of=looked_at)
    found = plain_files(root, chosen_files(root, known, files, hint=hint))
    count = plural(sum(len(each.paths) for each in found), "secret")
    places = [Line(place) for each in found for place in each.places]
    if check or not found:
        show([*places, Line(f"{count} in plain text.")])
        return ExitCode.CHANGES if found else ExitCode.DONE
    with session.client() as client:
        target = fetch_target(client, project_id=session.settings.project_id)
        service = EncryptionService(client, target.project_id)
        try:
            texts = encrypt_files(found, service)
        finally:
            service.close()
    write_files(root, texts, done="encrypted")
    show([*places, Line(f"Encrypted {count} in {plural(len(texts), 'file')}.")])
    return ExitCode.DONE
