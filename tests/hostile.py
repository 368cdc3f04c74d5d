"""Texts that mean something to Markdown, HTML, a pipeline or a terminal."""

from __future__ import annotations

from hypothesis import strategies as st

FRAGMENTS = (
    *("`", "``", "```", "````", "~~~", "```diff\n", "\n", "\n\n", "\r\n", "\r", "\t", " ", "    "),
    *("@octocat", "#123", "octo/repo#1", "https://evil.test/x", "www.evil.test", ":smile:"),
    *("[a](https://evil.test)", "![a](x)", "<https://evil.test>", "*", "_", "**", "\\", "|", "~~"),
    *("# ", "> ", "- ", "1. ", "---", "===", "| a |", "<b>", "</b>", "<script>alert(1)</script>"),
    *("</script>", "<!--", "-->", "</details>", "<details>", "</summary>", "]]>", "<img src=x>"),
    *("&lt;", "&#x27;", '"', "'", "' onload='x", '" autofocus onfocus="x', "javascript:x"),
    *("::error::x", "\n::set-env name=a::b", "##[error]x", "##vso[task.complete]", "${{ x }}"),
    *("\x00", "\x07", "\x1b[2J", "\x1b]8;;https://evil.test\x07", "\x7f", "\x9b", "\ud800"),
    *("\u202e", "\u2066", "\u200b", "\u2028", "\u0085", "\ufeff", "🎉", "日本語", "é", "KBC::x"),
    *("kbsync:1234:default", "<!-- kbsync:1:main -->", "a", "b", "SELECT 1"),
)

texts = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join) | st.text(max_size=20)
"""What anybody may write as a name, a message, a key or a text of code."""
