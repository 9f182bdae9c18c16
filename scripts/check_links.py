# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that links between the project's own Markdown files lead to a file and, where they name one, to a heading there."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from _snapshot import work_tree_files
from _workspace import ROOT


def _parse(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))


def links(path: Path) -> list[tuple[int, str]]:
    """Line and target of every link and image."""
    return [
        ((block.map or [0])[0] + 1, str(inline.attrs.get("href") or inline.attrs.get("src") or ""))
        for block in _parse(path)
        for inline in block.children or []
        if inline.type in ("link_open", "image")
    ]


def anchors(path: Path) -> set[str]:
    """The anchors that a code host makes of the headings."""
    tokens = _parse(path)
    headings = [following.content for token, following in pairwise(tokens) if token.type == "heading_open"]
    slugs = [re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower()).replace(" ", "-") for heading in headings]
    return {slug if slugs[:number].count(slug) == 0 else f"{slug}-{slugs[:number].count(slug)}" for number, slug in enumerate(slugs)}


def problem(path: Path, target: str) -> str:
    """What is wrong with a link, or nothing; links to other hosts are not followed."""
    url = urlsplit(target)
    if url.scheme or url.netloc:
        return "" if url.scheme in ("http", "https", "mailto") else f"unknown scheme in {target}"
    file = (path.parent / unquote(url.path)).resolve() if url.path else path
    if not file.is_relative_to(ROOT) or not file.exists():
        return f"{target} leads to no file"
    if url.fragment and file.suffix == ".md" and url.fragment not in anchors(file):
        return f"{target} leads to no heading"
    return ""


def main() -> None:
    """Prints every broken link and exits with 1 if there is one."""
    files = sorted(ROOT / path for path in work_tree_files() if path.endswith(".md"))
    found = [(file, line, text) for file in files for line, target in links(file) if (text := problem(file, target))]
    for file, line, text in found:
        print(f"{file.relative_to(ROOT)}:{line}: {text}")
    print(f"{sum(len(links(file)) for file in files)} links in {len(files)} files, {len(found)} broken")
    sys.exit(1 if found or not files else 0)


if __name__ == "__main__":
    main()
