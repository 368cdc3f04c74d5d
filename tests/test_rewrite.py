"""Files that several documents share, when one of them is to say something else."""

import shutil
from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbsync.errors import RefusedError
from kbsync.model import Key
from kbsync.pull import plan_pull
from kbsync.tree.files import read_text
from kbsync.tree.load import load_tree
from kbsync.tree.write import change_files
from tests.trees import write_tree

A, B, C = (Key("keboola.ex-http", name) for name in "abc")
R1, R2 = A.row("r1"), A.row("r2")
LONG = "line\n" * 30
FOLDER = "keboola.ex-http"


def changed(resources, key, q=None, **fields):
    """The resources, but for one with another value `q` or with other fields."""
    item = resources[key]
    configuration = item.configuration if q is None else {**item.configuration, "q": q}
    return {**resources, key: replace(item, configuration=configuration, **fields)}


def pull(root, tree, live, deleted=frozenset(), **options):
    """Do what a pull does to the files; return what they say then."""
    found = plan_pull(tree, live, deleted, {}, text_of=partial(read_text, root), **options)
    change_files(root, found.files, found.removals, backup="run")
    return load_tree(root).resources


def text(root, path):
    return (root / FOLDER / path).read_text()


@pytest.fixture
def root(tmp_path):
    return write_tree(
        tmp_path,
        {
            f"{FOLDER}/a/config.yaml": "name: A\nconfiguration: {q: !file ../b/code/x.txt, z: 1}\n",
            f"{FOLDER}/a/rows/r1.yaml": "name: R1\nconfiguration: {q: !file ../code/s.txt}\n",
            f"{FOLDER}/a/rows/r2.yaml": "name: R2\nconfiguration: {q: !file ../code/s.txt}\n",
            f"{FOLDER}/a/code/s.txt": "rows",
            f"{FOLDER}/b/config.yaml": "name: B\nconfiguration: {q: !file code/x.txt}\n",
            f"{FOLDER}/b/code/x.txt": "shared",
        },
    )


def test_who_shares_a_file_that_changes_gets_its_text_elsewhere(root):
    tree = load_tree(root)
    live = changed(tree.resources, B, "new")

    assert pull(root, tree, live) == live
    assert text(root, "b/code/x.txt") == "new"
    assert text(root, "a/config.yaml") == "name: A\nconfiguration: {q: shared, z: 1}\n"


def test_of_two_rows_that_share_a_file_the_one_that_stays_as_it_is_keeps_it(root):
    tree = load_tree(root)
    live = changed(tree.resources, R1, "new")

    assert pull(root, tree, live) == live
    assert text(root, "a/code/s.txt") == "rows"
    assert text(root, "a/rows/r1.yaml") == "name: R1\nconfiguration: {q: new}\n"
    assert text(root, "a/rows/r2.yaml") == "name: R2\nconfiguration: {q: !file ../code/s.txt}\n"


def test_two_that_change_alike_still_share(root):
    tree = load_tree(root)
    live = changed(changed(tree.resources, R1, "new"), R2, "new")

    assert pull(root, tree, live) == live
    assert text(root, "a/code/s.txt") == "new"
    assert text(root, "a/rows/r2.yaml") == "name: R2\nconfiguration: {q: !file ../code/s.txt}\n"


def test_a_value_that_is_the_same_stays_in_the_file_of_another(root):
    tree = load_tree(root)
    live = changed(tree.resources, A, name="New")

    assert pull(root, tree, live) == live
    assert text(root, "a/config.yaml") == (
        "name: New\nconfiguration: {q: !file ../b/code/x.txt, z: 1}\n"
    )
    assert text(root, "b/code/x.txt") == "shared"


def test_who_is_not_pulled_says_what_it_said(root):
    tree = load_tree(root)
    live = {B: changed(tree.resources, B, "new")[B]}

    assert pull(root, tree, live, selected={B}.__contains__) == {**tree.resources, **live}


def test_who_is_refused_says_what_it_said(root):
    tree = load_tree(root)
    live = changed(changed(tree.resources, B, "new"), R1, {"#secret": "plain"})

    assert pull(root, tree, live) == changed(tree.resources, B, "new")


@pytest.mark.parametrize("with_a", [False, True], ids=["b alone", "both change"])
def test_a_file_that_somebody_uses_outlives_its_configuration(root, with_a):
    tree = load_tree(root)
    live = changed(tree.resources, A, name="New") if with_a else {**tree.resources}
    del live[B]

    assert pull(root, tree, live, {B}) == live
    assert text(root, "b/code/x.txt") == "shared"


@pytest.mark.parametrize("description", ["short", LONG], ids=["gone", "changed"])
def test_a_description_that_others_pull_in_is_its_owners(root, description):
    write_tree(
        root,
        {
            f"{FOLDER}/b/description.md": "both\n",
            f"{FOLDER}/c/config.yaml": "name: C\ndescription: !file ../b/description.md\n",
            f"{FOLDER}/b/rows/r.yaml": "name: R\nconfiguration: {q: !file ../description.md}\n",
        },
    )
    tree = load_tree(root)
    live = changed(tree.resources, B, description=description)

    assert pull(root, tree, live) == live


def test_a_document_that_another_pulls_in_as_text_is_its_owners(root):
    config = f"{FOLDER}/c/config.yaml"
    write_tree(root, {config: "name: C\nconfiguration: {q: !file ../a/rows/r2.yaml}\n"})
    tree = load_tree(root)
    live = {**tree.resources}
    del live[R2]

    assert pull(root, tree, live) == live


def test_a_document_that_is_no_longer_pulled_in_as_text_stays(root):
    row = f"{FOLDER}/a/rows/r2.yaml"
    write_tree(root, {row: "name: R2\nconfiguration: {q: !file r1.yaml}\n"})
    tree = load_tree(root)
    live = changed(tree.resources, R2, "new")

    assert pull(root, tree, live) == live


@pytest.mark.parametrize(
    ("file", "target"),
    [
        ("README.md", "../../README.md"),
        ("kbsync.yaml", "../../kbsync.yaml"),
        (f"{FOLDER}/common.sql", "../common.sql"),
        (f"{FOLDER}/ab/x.sql", "../ab/x.sql"),
    ],
)
@pytest.mark.parametrize("is_deleted", [False, True], ids=["changed", "deleted"])
def test_a_file_outside_the_folder_is_neither_written_nor_removed(root, file, target, is_deleted):
    config = f"name: A\ndescription: !file {target}\nconfiguration: {{q: !file {target}}}\n"
    write_tree(root, {file: "text\n", f"{FOLDER}/a/config.yaml": config})
    tree = load_tree(root)
    live = changed(tree.resources, A, "new", description="new")
    if is_deleted:
        live = {B: live[B]}

    assert pull(root, tree, live, {A}) == live
    assert (root / file).read_text() == "text\n"


def test_a_text_that_fits_nowhere_else_is_told_before_anything_is_written(root):
    q, z = ("x" * 6_000_000 for _ in range(2))
    config = f"name: A\nconfiguration: {{q: !file ../b/code/x.txt, z: {z}}}\n"
    write_tree(root, {f"{FOLDER}/a/config.yaml": config, f"{FOLDER}/b/code/x.txt": q})
    tree = load_tree(root)

    with pytest.raises(RefusedError, match=r"^keboola\.ex-http/a pulls in a file that is about to"):
        plan_pull(tree, changed(tree.resources, B, "new"), frozenset(), {})


def test_texts_come_before_documents_and_go_after_them(root):
    write_tree(
        root,
        {
            f"{FOLDER}/c/config.yaml": "name: C\nrowsSortOrder: [r]\n",
            f"{FOLDER}/c/rows/r.yaml": "name: R\nconfiguration: {q: !file ../r.txt}\n",
            f"{FOLDER}/c/r.txt": "text",
        },
    )
    tree = load_tree(root)
    live = changed(changed(tree.resources, B, LONG, description=LONG), R1, "new")
    live = {key: item for key, item in live.items() if key.config != C}
    new = {A.row("0"): replace(live[R1], key=A.row("0"), name="0")}
    found = plan_pull(tree, live | new, {C}, {})

    assert [path.removeprefix(f"{FOLDER}/") for path in found.files] == [
        "b/code/x.txt",
        "a/rows/0.yaml",
        "a/rows/r1.yaml",
        "a/config.yaml",
        "b/config.yaml",
        "b/description.md",
    ]
    assert [path.removeprefix(f"{FOLDER}/") for path in found.removals] == [
        "c/rows/r.yaml",
        "c/config.yaml",
        "c/r.txt",
    ]


PLACES = {
    "README.md": "text",
    f"{FOLDER}/a/code/x.sql": "SELECT 1;",
    f"{FOLDER}/a/rows/r1.yaml": None,
    f"{FOLDER}/b/code/x.sql": "SELECT 2;\n\nSELECT 3;",
    f"{FOLDER}/b/config.yaml": None,
    f"{FOLDER}/b/description.md": "text",
}
DOCUMENTS = {
    A: f"{FOLDER}/a/config.yaml",
    R1: f"{FOLDER}/a/rows/r1.yaml",
    R2: f"{FOLDER}/a/rows/r2.yaml",
    B: f"{FOLDER}/b/config.yaml",
    C: f"{FOLDER}/c/config.yaml",
}
TEXTS = ("SELECT 1;", "text", "new", LONG)


@st.composite
def trees(draw):
    """Files that pull each other in, in any way but in circles."""
    files = {path: content for path, content in PLACES.items() if content is not None}
    for key, path in DOCUMENTS.items():
        up = "../" * path.count("/")
        sources = [place for place in PLACES if key not in (B, R1) or PLACES[place] is not None]
        values = st.sampled_from(sources).flatmap(
            lambda place, up=up: st.sampled_from([f"!file {up}{place}", f"!statements {up}{place}"])
        )
        lines = [f"name: {key.config_id}"]
        if key == A:
            lines.append(draw(st.sampled_from(["rowsSortOrder: [r2, r1]", "isDisabled: true"])))
        if key != B:
            lines.append(f"description: !file {up}{draw(st.sampled_from(sources))}")
        lines.append("configuration:")
        lines += [f"  {name}: {draw(values | st.sampled_from(TEXTS[:3]))}" for name in "qz"]
        files[path] = "\n".join(lines) + "\n"
    return files


@st.composite
def edits(draw):
    """By key: another value, another description, nothing, or that it is gone."""
    return {
        key: draw(
            st.sampled_from(["same", "same", "gone"])
            | st.tuples(st.sampled_from(["q", "z", "description"]), st.sampled_from(TEXTS))
        )
        for key in DOCUMENTS
    }


def edited(resources, edits):
    live = {**resources}
    for key, edit in edits.items():
        if edit == "gone":
            live = {each: item for each, item in live.items() if key not in (each, each.config)}
        elif edit != "same" and key in live:
            name, value = edit
            item = live[key]
            live[key] = (
                replace(item, description=value)
                if name == "description"
                else replace(item, configuration={**item.configuration, name: value})
            )
    if A in live:
        order = tuple(key.row_id for key in (R2, R1) if key in live)
        live[A] = replace(live[A], rows_sort_order=live[A].rows_sort_order and order)
    return live


@pytest.fixture
def numbered(tmp_path):
    numbers = count()
    return lambda: tmp_path / str(next(numbers))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=trees(), edits=edits(), selected=st.sets(st.sampled_from([A, B, C]), min_size=1))
def test_whatever_is_shared_everybody_says_what_they_should(numbered, files, edits, selected):
    root = write_tree(numbered(), files)
    tree = load_tree(root)
    wanted = edited(tree.resources, edits)
    live = {key: item for key, item in wanted.items() if key.config in selected}
    others = {key: item for key, item in tree.resources.items() if key.config not in selected}
    after = pull(root, tree, live, {A, B, C}, selected=lambda key: key.config in selected)
    again = pull(root, load_tree(root), live, selected=lambda key: key.config in selected)
    readme = (root / "README.md").read_text()
    shutil.rmtree(root)

    assert comparable(after) == comparable({**live, **others})
    assert comparable(again) == comparable({**live, **others})
    assert readme == "text"


def comparable(resources):
    """An order of no rows is none."""
    return {
        key: replace(item, rows_sort_order=item.rows_sort_order or None)
        for key, item in resources.items()
    }
