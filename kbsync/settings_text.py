"""A first kbsync.yaml. Pure."""

from __future__ import annotations

from kbsync.documents.yaml_writer import on_one_line


def settings_text(
    *, environment: str, stack: str, project_id: int, branch: str, token_env: str
) -> str:
    """Return settings that bind a tree to its project; an empty *token_env* is not mentioned."""
    token = f"    token_env: {token_env}  # the name of the variable, never the token\n"
    return f"""\
# Which project these files are for, and what kbsync may do there.
version: 1
environments:
  {on_one_line(environment)}:
    stack: {stack}
    project: {project_id}  # a token of another project is refused
    branch: {branch}
{token if token_env else ""}
# scope:  # what kbsync looks after; the rest is never shown
#   include: ["*"]
#   exclude: ["keboola.sandboxes"]
"""
