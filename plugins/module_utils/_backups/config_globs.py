# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Patterns of paths, as people know them from .gitignore and rsync.

``*.bak`` is a name at any depth; ``conf.d/*.bak`` the end of a path; ``/etc/ssl/**`` a whole path. ``*`` and ``?`` stop
at a slash, ``**`` does not. A slash at the end means folders only. A folder that is meant is meant with all in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .._core.errors import InputError

MAGIC = re.compile(r"[*?\[]")


class Patterns:
    """Patterns, any of which may match."""

    def __init__(self, texts: Sequence[str], option: str) -> None:
        """:raises InputError: one is empty. :param option: to name it."""
        self.texts = tuple(texts)
        self._whole = [(text.endswith("/"), re.compile(_expression(text, option), re.DOTALL)) for text in texts]

    def match(self, path: str, is_folder: bool) -> bool:
        """Tell whether the absolute ``path`` itself is meant."""
        return any(found.fullmatch(path) for folders, found in self._whole if is_folder or not folders)

    def include(self, path: str, is_folder: bool) -> bool:
        """Tell whether the absolute ``path``, or a folder that it is in, is meant."""
        return self.match(path, is_folder) or any(self.match(parent, True) for parent in parents(path))


def parents(path: str) -> Iterator[str]:
    """Yield the folders that ``path`` is in, the nearest first; neither ``/`` nor an empty path."""
    parent = path.rpartition("/")[0]
    while parent:
        yield parent
        parent = parent.rpartition("/")[0]


def _expression(text: str, option: str) -> str:
    body = text.rstrip("/") or text
    if not body.strip() or "\0" in body:
        raise InputError(f"{option}: an empty pattern", advice="expected such as *.bak, conf.d/*.bak or /etc/ssl/**")
    try:
        return ("" if body.startswith("/") else "(?:.*/)?") + "".join(_parts(body))
    except re.error as error:
        raise InputError(f"{option}: no pattern ({error})", on=text) from error


_TOKEN = re.compile(
    r"(?P<deep>(?<=/)\*\*/)|(?P<all>\*\*+)|(?P<any>\*)|(?P<one>\?)|(?P<set>\[!?\]?[^\]/]*\])", re.DOTALL
)
_MEANS = {"deep": "(?:.*/)?", "all": ".*", "any": "[^/]*", "one": "[^/]"}


def _parts(body: str) -> Iterator[str]:
    done = 0
    for token in _TOKEN.finditer(body):
        yield re.escape(body[done : token.start()])
        kind = str(token.lastgroup)
        yield _MEANS[kind] if kind in _MEANS else _set(token[0])
        done = token.end()
    yield re.escape(body[done:])


def _set(text: str) -> str:
    """Return ``[!a-z]`` as a regular expression has it."""
    inner = text[1:-1]
    negated = inner.startswith("!")
    letters = inner[negated:].replace("\\", "\\\\").replace("]", "\\]").replace("[", "\\[").replace("^", "\\^")
    expression = f"(?!/)[{'^' if negated else ''}{letters}]"
    re.compile(expression)
    return expression
