"""A pipeline of one platform as the text of a file. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    """What runs the pipeline; its template is the file of that name beside this one."""

    GITHUB = "github"
    GITLAB = "gitlab"

    @property
    def template(self) -> str:
        return f"{self}.yml"

    @property
    def file(self) -> str:
        """Where the pipeline belongs, from the top of the repository."""
        match self:
            case Platform.GITHUB:
                return ".github/workflows/kbsync.yml"
            case Platform.GITLAB:
                return f".gitlab/{_GITLAB_FILE}"


_GITLAB_FILE = "kbsync.gitlab-ci.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a template leaves open."""

    name: str
    """Of the pipeline: several trees in one repository have one each."""
    folder: str
    """The tree, from the top of the repository, with forward slashes."""
    branch: str
    """The one whose files are applied."""
    environment: str
    """Of kbsync.yaml; empty for its default."""
    token_variable: str
    source: str
    """What pip installs."""


def render_pipeline(template: str, facts: Facts) -> str:
    """Return *template* with *facts* in the places of `@NAME@` and the like.

    What may hold any character is written as JSON, which is YAML too.
    """
    values = {
        "NAME": facts.name,
        "TOKEN": facts.token_variable,
        "FOLDER": _quoted(facts.folder),
        "BRANCH": _quoted(facts.branch),
        "ENVIRONMENT": _quoted(facts.environment),
        "SOURCE": _quoted(facts.source),
    }
    return re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], template)


def name_of(file: str) -> str:
    """Return what the pipeline in *file* is called: the name without endings, safe everywhere."""
    stem = file.rpartition("/")[2].partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or "kbsync"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
