"""Hypothesis strategies for JSON values and for configurations with their rows."""

from __future__ import annotations

from hypothesis import strategies as st

from kbsync.model import Key, Resource

SPECIAL_TEXTS = (
    *(
        "",
        " ",
        "\n",
        "\n\n",
        " \n",
        "\t",
        "\r\n",
        "\r",
        "~",
        "=",
        "<<",
        ".",
        "-",
        "---",
        "...",
        "?",
    ),
    *("null", "Null", "true", "TRUE", "yes", "No", "on", "off", "y", "n", "none"),
    *(
        "0",
        "-0",
        "010",
        "0x1F",
        "0o17",
        "0b1",
        "1_000",
        "+1",
        ".5",
        "1.",
        "1e5",
        "1e999",
        "12:30:00",
    ),
    *(".inf", "-.inf", ".NaN", "2024-01-01", "2024-01-01 10:00:00", "1,000", "00_1", "1 000"),
    *("a: b", "a:", "a #b", "#a", "- a", "[a", "{a", "!a", "&a", "*a", "|", ">", "%a", "@a", "`a"),
    *('"a"', "'a'", "it's", 'a "b" c', "a\\b", "{{ vault.key }}", "https://x.test/y#z"),
    *(
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "\na\n",
        " a\nb",
        "\ta\nb",
        "a \nb\t\n",
        "a\n\n\nb",
        "a\n b\n  ",
    ),
    *(
        "a\r\nb\r\n",
        "a\rb",
        "a\u0085b",
        "a\u2028b\nc",
        "\ufeffa",
        "a\ufeffb\n",
        "\x7f",
        "\x00",
        "\x1b[0m",
    ),
    *("🎉", "🎉\n🎉", "e\u0301", "日本語", "\u202ea", "\u00a0a\u00a0", "\ufffe", "\U0001fffe"),
    *("<<<<<<< a\n=======\n>>>>>>> b\n", "=======\n", "SELECT 1;", "SELECT 1;\n\nSELECT 2;"),
    *("-- kbsync: separator", "# kbsync: separator\na", "KBC::ProjectSecure::fake-one"),
)

texts = st.one_of(
    st.sampled_from(SPECIAL_TEXTS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text("ab \n\t:#-'\"\\;", max_size=12),
    st.lists(st.sampled_from(SPECIAL_TEXTS), min_size=2, max_size=4).map("".join),
)
"""Text without half surrogate pairs, rich in what YAML and SQL take for something else."""

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)

json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)

json_objects = st.dictionaries(texts, json_values, max_size=4)

odd_texts = texts | st.text(max_size=8) | st.sampled_from(["\ud800", "a\nb\n" * 15, "x\n" * 21])
"""Text of any kind, half surrogate pairs and text of many lines too."""

row_ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)

scripts = (
    st.lists(odd_texts | st.sampled_from(["SELECT 1;", "{{dump-files}}"]), max_size=3) | odd_texts
)
_codes = st.fixed_dictionaries({"name": odd_texts, "script": scripts | json_values})
_blocks = st.fixed_dictionaries({"name": odd_texts, "codes": st.lists(_codes, max_size=2)})

configurations = st.one_of(
    json_objects,
    st.dictionaries(texts, odd_texts, max_size=3),
    st.fixed_dictionaries(
        {"parameters": st.fixed_dictionaries({"blocks": st.lists(_blocks, max_size=2)})}
    ),
    st.fixed_dictionaries({"code_content": scripts}, optional={"componentId": texts}),
)

COMPONENTS = (
    *("keboola.ex-db-mysql", "keboola.shared-code", "keboola.data-apps"),
    *("keboola.snowflake-transformation", "keboola.python-transformation-v2"),
)


@st.composite
def configurations_with_rows(draw: st.DrawFn) -> tuple[Resource, list[Resource]]:
    """A configuration and its rows, with every property a file can have."""
    key = Key(draw(st.sampled_from(COMPONENTS)), draw(row_ids))
    ids = draw(st.lists(row_ids, max_size=3, unique=True))
    config = Resource(
        key=key,
        name=draw(odd_texts),
        configuration=draw(configurations),
        description=draw(odd_texts),
        is_disabled=draw(st.booleans()),
        rows_sort_order=draw(st.none() | st.just(tuple(ids))) or None,
        metadata=draw(st.dictionaries(texts, odd_texts, max_size=2)),
        reset_state=draw(st.none() | texts),
    )
    rows = [
        Resource(
            key=key.row(row_id),
            name=draw(odd_texts),
            configuration=draw(configurations),
            description=draw(odd_texts),
            is_disabled=draw(st.booleans()),
            reset_state=draw(st.none() | texts),
        )
        for row_id in ids
    ]
    return config, rows
