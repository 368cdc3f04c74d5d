"""Ciphertext of another place: told before it is sent, never shown."""

from __future__ import annotations

import json

import pytest

from kbsync.plans.foreign import Foreign
from kbsync.plans.making import make_plan, with_references
from kbsync.plans.plan_file import dump_plan, load_plan
from kbsync.render.markdown import render_markdown
from kbsync.render.plan import render_plan
from kbsync.secrets import cloud_of, is_of_one_configuration, is_of_one_project
from tests.builders import TARGET, by_key, config, live_with, row

AWS, AZURE, GCP = (f"KBC::ProjectSecure{cloud}::fake-one" for cloud in ("", "KV", "GKMS"))


@pytest.mark.parametrize(
    ("name", "project", "configuration", "cloud"),
    [
        ("ComponentSecure::", False, False, "AWS"),
        ("ProjectSecure::", True, False, "AWS"),
        ("ConfigSecureKV::", True, True, "Azure"),
        ("ProjectWideSecureGKMS::", True, False, "GCP"),
        ("BranchTypeSecure::", True, False, "AWS"),
        ("BranchTypeConfigSecureGKMS::", True, True, "GCP"),
        ("ProjectWideBranchTypeSecureKV::", True, False, "Azure"),
        ("ProjectSecureXYZ::", True, False, ""),
        ("Encrypted==", False, False, ""),
        ("ComponentEncrypted==", False, False, ""),
        ("ComponentProjectEncrypted==", True, False, ""),
    ],
)
def test_the_first_word_of_a_ciphertext_tells_where_it_can_be_read(
    name, project, configuration, cloud
):
    text = f"KBC::{name}fake-one"

    assert is_of_one_project(text) is project
    assert is_of_one_configuration(text) is configuration
    assert cloud_of(text) == cloud


def secret(config_id, text, **fields):
    return config(config_id, configuration={"db": {"#password": text}}, **fields)


def planned(*desired, live=(), others=()):
    """A plan in a project that holds *others* besides."""
    known = live_with(*live)
    plan = make_plan(TARGET, by_key(*desired), known)
    return with_references(plan, by_key(*desired), {**known.resources, **by_key(*others)})


def found(plan):
    return [each for step in plan.steps for each in step.foreign]


@pytest.mark.parametrize(
    ("before", "after", "others", "expected"),
    [
        pytest.param(None, AZURE, [AWS], ("Azure", "AWS"), id="created"),
        pytest.param(AWS, AZURE, [], ("Azure", "AWS"), id="updated"),
        pytest.param(AWS, GCP, [AZURE], ("GCP", "AWS and Azure"), id="neither of two"),
        pytest.param(None, AZURE, [AWS, AZURE], None, id="one of two"),
        pytest.param(AWS, f"{AWS}-2", [], None, id="another of the same cloud"),
        pytest.param(None, AZURE, [], None, id="nothing to compare with"),
        pytest.param(None, AZURE, ["KBC::Encrypted==fake-one"], None, id="of no known cloud"),
        pytest.param(AZURE, AZURE, [AWS], None, id="not written"),
        pytest.param(None, "!env PASSWORD", [AWS], None, id="no ciphertext"),
    ],
)
def test_ciphertext_of_another_cloud_is_found_in_what_is_written(before, after, others, expected):
    live = () if before is None else (secret("a", before),)
    around = [secret(f"other-{number}", text) for number, text in enumerate(others)]
    plan = planned(secret("a", after), live=live, others=around)

    assert [(each.cloud, each.known) for each in found(plan)] == ([expected] if expected else [])


def test_rows_are_looked_at_too():
    new = row("r", "a", configuration={"tables": [{"#key": AZURE}]})
    plan = planned(secret("a", AWS), new, live=(secret("a", AWS),))

    assert found(plan) == [
        Foreign(key=new.key, path=("tables", 0, "#key"), cloud="Azure", known="AWS")
    ]


def test_it_counts_as_a_risk_in_every_format_and_is_not_shown():
    plan = planned(secret("a", AZURE), live=(secret("a", AWS),))
    text = render_plan(plan, requests=1)
    markdown = render_markdown(plan, requests=1, source="", files={})

    assert "Risk     1 unreadable secret, 1 secret changes\n" in text
    assert "is encrypted for Azure, and the project's are for AWS" in markdown
    assert "fake-one" not in text + markdown


def test_a_saved_plan_keeps_it():
    new = row("r", "a", configuration={"#key": AZURE})
    plan = planned(secret("a", AWS), new, live=(secret("a", AWS),))
    saved = dump_plan(plan, None, {})

    assert load_plan(saved.encode(), "plan.json").plan == plan


ENVIRONMENTS = """\
version: 1
default_environment: prod
environments:
  prod: {stack: https://one.test, project: 1}
  dev: {stack: https://one.test, project: 2}
  twin: {stack: https://one.test, project: 1, branch: 7}
"""
CONFIG = "name: A\nconfiguration:\n  db:\n    '#password': {}\n"
OVERLAY = "configuration: {{db: {{'#password': {}}}}}\n"
A, DEV = "keboola.x/a/config.yaml", "keboola.x/a/config.dev.yaml"
SHARED = (
    f"warning: {A}:4:5: '#password' is encrypted for one project, and these environments share it: "
    "prod (project 1), dev (project 2), twin (project 1); put `!env NAME` here, or say it in the "
    "overlays\n"
)


def warnings(start_workspace, files, *arguments, settings=ENVIRONMENTS):
    workspace = start_workspace({"kbsync.yaml": settings, **files})
    result = workspace.kbsync("validate", *arguments, KEBOOLA_STACK_URL="")
    assert result.exit_code == 0, result.stderr
    return [line for line in result.stderr.splitlines(keepends=True) if line.startswith("warning")]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({A: CONFIG.format(AWS)}, [SHARED], id="shared"),
        pytest.param({A: CONFIG.format(AWS), DEV: "name: D\n"}, [SHARED], id="overlay of the rest"),
        pytest.param(
            {A: CONFIG.format(AWS), DEV: OVERLAY.format("!env P")}, [], id="replaced in the other"
        ),
        pytest.param(
            {A: CONFIG.format(AWS), DEV: "configuration:\n  db: !remove\n"}, [], id="removed there"
        ),
        pytest.param(
            {A: CONFIG.format("''"), A.replace("config.", "config.prod."): OVERLAY.format(AWS)},
            [],
            id="said by the overlay",
        ),
        pytest.param({A: CONFIG.format("!env P")}, [], id="a variable"),
        pytest.param({A: CONFIG.format("KBC::ComponentSecure::fake-one")}, [], id="of no project"),
    ],
)
def test_what_environments_of_several_projects_share_is_told(start_workspace, files, expected):
    assert warnings(start_workspace, files) == expected


@pytest.mark.parametrize(
    "settings",
    [
        "version: 1\n",
        ENVIRONMENTS.replace("project: 2", "project: 1"),
        "version: 1\nenvironments: {prod: {project: 1}, dev: {}}\ndefault_environment: prod\n",
        ENVIRONMENTS.replace("dev: {stack: https://one.test", "dev: {stack: 'http://127.0.0.1:1'"),
    ],
    ids=["no environments", "one project", "a project that nobody named", "an emulator"],
)
def test_nothing_is_told_where_it_may_be_one_project(start_workspace, settings):
    assert warnings(start_workspace, {A: CONFIG.format(AWS)}, settings=settings) == []


def test_other_stacks_are_other_projects(start_workspace):
    settings = ENVIRONMENTS.replace(", project: 2", "").replace("one.test}", "two.test}")
    (told,) = warnings(start_workspace, {A: CONFIG.format(AWS)}, settings=settings)

    assert "prod (project 1), dev (https://two.test), twin" in told


def test_for_all_environments_it_is_told_once(start_workspace):
    files = {A: CONFIG.format(AWS), DEV: "name: D\n"}

    assert warnings(start_workspace, files, "--all-envs") == [SHARED]


def test_ciphertext_for_one_configuration_in_two_is_told_at_both(start_workspace):
    text = "KBC::ConfigSecure::fake-one"
    files = {
        A: CONFIG.format(text),
        "keboola.x/b/config.yaml": "name: B\n",
        "keboola.x/b/rows/r.yaml": f"configuration: {{'#key': {text}}}\n",
        "keboola.x/c/config.yaml": CONFIG.format(f"{text}-two"),
    }

    assert warnings(start_workspace, files, settings="version: 1\n") == [
        f"warning: {A}:4:5: '#password' is encrypted for one configuration, and keboola.x/b has "
        "the same ciphertext; put `!env NAME` here, or the value itself and run `kbsync encrypt`\n",
        "warning: keboola.x/b/rows/r.yaml:1:17: '#key' is encrypted for one configuration, and "
        "keboola.x/a has the same ciphertext; put `!env NAME` here, or the value itself and run "
        "`kbsync encrypt`\n",
    ]


def test_a_plan_tells_of_what_it_writes(start_workspace):
    live = [
        {
            "id": "keboola.x",
            "configurations": [
                {"id": "b", "name": "B", "configuration": {"#key": "KBC::ConfigSecure::fake-one"}}
            ],
        }
    ]
    files = {
        A: CONFIG.format(AZURE),
        "keboola.x/b/config.yaml": "name: B\n"
        "configuration: {'#key': KBC::ConfigSecure::fake-one}\n",
        "keboola.x/c/config.yaml": "name: C\n"
        "configuration: {'#key': KBC::ConfigSecure::fake-one}\n",
    }
    workspace = start_workspace(files, live)
    result = workspace.kbsync("plan")
    saved = json.loads(workspace.kbsync("plan", "--format", "json").stdout)

    assert "Risk     1 unreadable secret" in result.stdout
    assert result.stderr.splitlines() == [
        f"warning: {A}:4:5: '#password' is encrypted for Azure, and what the project holds for "
        "AWS; put the value here and run `kbsync encrypt`, or use `!env NAME`",
        "warning: keboola.x/c/config.yaml:2:17: '#key' is encrypted for one configuration, and "
        "keboola.x/b has the same ciphertext; put `!env NAME` here, or the value itself and run "
        "`kbsync encrypt`",
    ]
    assert [step["foreign"] for step in saved["steps"] if "foreign" in step] == [
        [
            {
                "componentId": "keboola.x",
                "configId": "a",
                "path": ["db", "#password"],
                "cloud": "Azure",
                "known": "AWS",
                "file": A,
                "line": 4,
                "column": 5,
            }
        ]
    ]
