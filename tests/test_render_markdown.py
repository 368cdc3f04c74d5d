"""A plan as one comment: what it says, that it fits, that nothing in it is taken for markup."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kbsync.change import Delete
from kbsync.graph.impact import Impact, Peer, Schedule
from kbsync.graph.links import Dangling, Link
from kbsync.render.markdown import CHARACTERS, render_markdown
from tests.builders import COMPONENT, TARGET, config, row
from tests.hostile import FRAGMENTS, texts
from tests.plans import created, deleted, mixed, plan, reset, reverted, step, updated, version

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def markdown(a_plan, *, files=None, refusals=(), source="project at commit 0123456789"):
    return render_markdown(a_plan, requests=7, source=source, files=files or {}, refusals=refusals)


def blocks(text):
    """The kinds of blocks, fences apart from what is outside them."""
    return [(token.type, token.info, token.content) for token in PARSER.parse(text)]


def said(text):
    """What a reader would take for text or markup: everything but code."""
    found = []
    marker, _, rest = text.partition("\n")
    assert re.fullmatch(r"<!-- kbsync:1234:[A-Za-z0-9_.]* -->", marker)
    for token in PARSER.parse(rest):
        if token.type == "html_block":
            found.append(re.sub(r"<code>[^<]*</code>", "", token.content))
        found += [each.content for each in token.children or () if each.type != "code_inline"]
    return "\n".join(found)


def test_the_first_line_is_a_marker_that_stays_the_same():
    first, *_ = markdown(plan(deleted("a"))).splitlines()
    other, *_ = markdown(mixed(50)).splitlines()

    assert first == other == "<!-- kbsync:1234:default -->"


def test_a_plan_without_changes_is_short():
    text = markdown(plan(unchanged=12))

    assert text == (
        "<!-- kbsync:1234:default -->\n\n"
        "### kbsync plan: no changes\n\n"
        'Project 1234 `"P"`, branch `default`, `http://127.0.0.1:1`  \n'
        "Files `project at commit 0123456789`  \n"
        "The project is as the files say. 12 unchanged, 0 not managed.\n\n"
    )


def test_dangers_stand_before_the_first_fold():
    edit = version(2, author="ann", created="noon", message="hotfix #771")
    text = markdown(
        plan(
            reverted("edited", edit),
            reset("again", "backfill", {"r": {}, "s": {}}),
            deleted("gone"),
            updated("sec", {"#a": "KBC::ProjectSecure::fake-1"}, {"#a": "KBC::Encrypted==fake-2"}),
        ),
        refusals=["1 deletes are over the limit of 0. If you mean it: --allow deletes=1"],
    )
    top, _, _ = text.partition("<details")

    assert [line for line in top.splitlines() if line.startswith(("**", "-", "1 "))] == [
        "**Risk: 1 delete, 2 state resets, 1 edit would be lost, 1 secret changes**  ",
        "**Apply will refuse this:**",
        "1 deletes are over the limit of 0. If you mean it: --allow deletes=1",
        "**`-` Deletes (1)**",
        f'- `{COMPONENT}/gone` `"Orders"`: configuration is deleted, to the trash',
        "**`↺` State resets (2)**",
        f'- `{COMPONENT}/again` `"Orders"`: component state is forgotten: `"backfill"` (2 states)',
        "**`!` Edits that would be lost (1)**",
        f'- `{COMPONENT}/edited` `"Orders"`: v2 by `ann`, `noon`: `"hotfix #771"`; '
        f"to keep that: `kbsync pull {COMPONENT}/edited`",
        "**`~` Secrets that change (1)**",
        f'- `{COMPONENT}/sec` `"Orders"`: `#a`',
    ]


def test_configurations_fold_in_the_order_of_their_danger():
    steps = (
        created("new", {}),
        updated("a", {"x": 1}, {"x": 2}),
        reverted("edited", version(2, author="ann")),
        reset("again", "backfill", {"r": {}}),
        deleted("gone"),
    )
    summaries = re.findall(r"<summary>.*?<code>[^<]*/([^<]*)</code>", markdown(plan(*steps)))

    assert summaries == ["gone", "again", "edited", "a", "new"]


def test_the_fence_is_longer_than_any_run_of_backticks_inside():
    text = markdown(plan(updated("a", {"sql": "a\n`````\n"}, {"sql": "b\n`````\n"})))
    (fence,) = [content for kind, _, content in blocks(text) if kind == "fence"]

    assert "``````diff\n" in text
    assert fence == "@@ -1,2 +1,2 @@\n-a\n+b\n `````\n"


def test_new_code_is_shown_as_code():
    text = markdown(plan(created("a", {"script": ["SELECT 1;", "SELECT 2;"]})))
    fences = [content for kind, _, content in blocks(text) if kind == "fence"]

    assert fences == ["@@ -0,0 +1,3 @@\n+SELECT 1;\n+\n+SELECT 2;\n"]


def test_the_only_statement_of_a_script_has_the_file_of_the_script():
    key = config("a").key
    files = {(key, ("configuration", "script")): "a/code/one.sql"}
    text = markdown(plan(updated("a", {"script": ["a\nb"]}, {"script": ["a\nc"]})), files=files)

    assert "`script[0]` in `a/code/one.sql`" in text


def test_long_values_that_differ_never_look_the_same():
    long = "x" * 5_000
    text = markdown(plan(updated("a", {"f": f"{long}1{long}"}, {"f": f"{long}2{long}"})))

    assert "x1x" in text
    assert "x2x" in text


def test_no_secret_is_shown():
    before = {"#a": "fake-canary", "b": "KBC::ProjectSecure::fake-canary"}
    text = markdown(
        plan(
            updated("a", before, {"#a": "KBC::ProjectSecure::fake-canary-2", "b": ""}),
            reset("r", "again", {"r": {"#token": "fake-canary"}}),
            created("n", {"#a": "fake-canary", "sql": "x\nKBC::ProjectSecure::fake-canary\n"}),
        )
    )

    assert "canary" not in text
    assert "(secret) plain text in the project → encrypted" in text


SIZES = [1, 2, 3, 10, 100, 300, 1_000, 10_000]


@pytest.mark.parametrize("name", ["Orders", "🎉" * 80, "`" * 80], ids=["plain", "emoji", "ticks"])
@pytest.mark.parametrize("count", SIZES)
def test_a_plan_of_any_size_fits_one_comment(count, name):
    if count > 1_000 and name != "Orders":
        pytest.skip("the size is what counts here, and it takes seconds")
    text = markdown(mixed(count, name))

    assert_fits_and_is_balanced(text)
    assert len(text) > min(count * 100, CHARACTERS * 0.7)


@pytest.mark.parametrize("count", [10, 1_000])
def test_deletes_are_listed_or_counted(count):
    text = markdown(plan(*(deleted(f"c{index}") for index in range(count))))
    top, _, _ = text.partition("<details")
    listed = top.count("is deleted, to the trash")
    more = re.search(r"- \*\*and (\d+) more\*\*", top)

    assert f"Deletes ({count})" in top
    assert listed + int(more[1] if more else 0) == count


def test_a_very_long_difference_is_counted_and_leaves_room_for_the_others():
    old, new = ("".join(f"{word} {n}\n" for n in range(60_000)) for word in ("old", "new"))
    text = markdown(
        plan(updated("big", {"sql": old}, {"sql": new}), updated("small", {"a": 1}, {"a": 2}))
    )

    assert_fits_and_is_balanced(text)
    assert "60000 lines come, 60000 go; too long for here" in text
    assert "`a`: `1` → `2`" in text


def test_one_configuration_does_not_take_the_room_of_those_after_it():
    fields = {f"field_{number:03}": "x" * 70 for number in range(300)}
    changed = dict.fromkeys(fields, "y" * 70)
    small = [
        updated(f"small{number:02}", {"a": 1, "b": "x" * 200}, {"a": 2, "b": f"{number:0200}"})
        for number in range(40)
    ]
    text = markdown(plan(updated("big", fields, changed), *small))

    assert_fits_and_is_balanced(text)
    assert "more fields, see `kbsync plan`" in text
    assert text.count("`a`: `1` → `2`") == 40


def test_identifiers_and_messages_of_any_length_leave_room_for_what_matters():
    long = "long_" * 2_000
    edit = version(2, author=long, created=long, message=long)
    text = markdown(
        plan(deleted(f"z{long}", long), *(reverted(f"{long}{n}", edit) for n in range(20))),
        refusals=[long] * 30,
        source=long,
    )
    top, _, _ = text.partition("<details")

    assert_fits_and_is_balanced(text)
    assert top.count("is deleted, to the trash") == 1
    assert "Edits that would be lost (20)" in text
    assert "and 20 more reasons" in text


def test_a_line_of_a_megabyte_fits():
    line = "x" * 1_000_000
    text = markdown(plan(updated("a", {"s": f"a\n{line}1{line}"}, {"s": f"a\n{line}2{line}"})))

    assert_fits_and_is_balanced(text)
    assert "x1x" in text


def test_a_configuration_of_very_many_rows_shows_some_and_counts_the_rest():
    key = config("a").key
    rows = [Delete(row(f"row-{number:05}", "a")) for number in range(10_000)]
    text = markdown(plan(step(key, *rows)))

    assert_fits_and_is_balanced(text)
    assert "Deletes (10000)" in text
    assert re.search(r"and \d+ more changes, see `kbsync plan`", text)


def test_what_is_left_out_is_named_or_counted_with_the_command_that_shows_it():
    text = markdown(mixed(5_000))
    titles = len(re.findall(r"^<summary>", text, re.MULTILINE))
    _, _, rest = text.partition("**More configurations.**")
    more = re.search(r"- \*\*and (\d+) more configurations\*\*", rest)

    assert "`kbsync plan SELECTOR` shows them" in rest
    assert more
    assert titles + len(re.findall(r"^- `", rest, re.MULTILINE)) + int(more[1]) == 5_000


def test_the_same_plan_gives_the_same_bytes():
    assert markdown(mixed(500)) == markdown(mixed(500))


@given(st.lists(texts, min_size=12, max_size=12))
def test_nothing_that_people_wrote_is_taken_for_markup(given_texts):
    a_plan, options = hostile(given_texts)

    assert_literal(markdown(a_plan, **options))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=ascii)
def test_every_hostile_text_is_literal_everywhere(fragment):
    a_plan, options = hostile([fragment] * 12)

    assert_literal(markdown(a_plan, **options))


def hostile(given_texts):
    """A plan with such texts wherever people write some."""
    one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve = given_texts
    edit = version(2, author=one, created=two, message=three)
    key = config(f"i{four}").key
    steps = [
        reverted(f"a{five}", edit, name=six),
        reset(f"b{six}", seven, {f"r{eight}": {nine: ten}}, name=one),
        step(key, Delete(row(f"r{one}", key.config_id, name=two)), name=three),
        created(f"c{four}", {five: six, "script": [seven], "t": f"a\n{eight}"}, name=nine),
        updated(f"d{ten}", {eleven: twelve}, {eleven: [one], f"k{two}": three}, name=four),
        updated(
            f"e{one}", {"t": f"{two}\na\n{three}"}, {"t": f"{four}\na\n {five}\n"}, name=twelve
        ),
    ]
    peers = (Peer(config(f"p{two}").key, three), Peer(config(f"q{nine}").key, ten))
    impact = Impact(
        readers={f"t{four}": peers},
        writers={f"t{five}": peers},
        used_by=peers,
        run_by=peers,
        schedules=(Schedule(peers[0], six, seven, enabled=False),),
    )
    steps = [replace(each, impact=impact) for each in steps]
    steps += [
        updated(f"g{index}{one}", {two: three, "j": "[1]"}, {two: [four], "j": "[ 1]"}, name=five)
        for index in range(4)
    ]
    inside = [json.dumps({six: {seven: each}}) for each in (eight, [nine])]
    steps.append(updated(f"h{one}", {"j": inside[0]}, {"j": inside[1]}, name=two))
    lost = Dangling(link=Link(key, (one,), config(f"x{two}").key), file=f"f{three}", line=3)
    where = TARGET.__class__(stack=six, project_id=1234, project_name=seven, branch=eight)
    options = {"refusals": [nine, ten], "source": eleven}
    return plan(*steps, target=where, not_managed=(key,), dangling=(lost,)), options


def assert_fits_and_is_balanced(text):
    assert len(text) <= 60_000
    assert len(text.encode()) <= 240_000
    assert_literal(text)


def assert_literal(text):
    kinds = {kind for kind, _, _ in blocks(text)}
    inline = {child.type for token in PARSER.parse(text) for child in token.children or () if child}
    outside = said(text)
    lines = text.split("\n")

    assert kinds <= {
        *("html_block", "heading_open", "heading_close", "inline", "fence"),
        *("paragraph_open", "paragraph_close", "bullet_list_open", "bullet_list_close"),
        *("list_item_open", "list_item_close"),
    }
    assert inline <= {
        *("text", "code_inline", "softbreak", "hardbreak"),
        *("strong_open", "strong_close", "em_open", "em_close"),
    }
    assert not re.search(r"octo|evil|smile|[#]\d|javascript|alert", outside)
    assert {*re.findall(r"<[^>]*>", outside)} <= {
        *("<details>", "<details open>", "</details>", "<summary>", "</summary>", "<b>", "</b>"),
    }
    assert outside.count("<details") == outside.count("</details>")
    assert outside.count("<summary>") == outside.count("</summary>")
    assert not [char for char in text if char not in "\n\t" and ord(char) < 32]
    assert not re.search("[\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]", text)
    assert not [line for line in lines if line.lstrip().startswith("::")]
    assert not re.search(r"##\w*\[", text)
