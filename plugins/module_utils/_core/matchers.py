# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Matchers of labels, as Prometheus and Alertmanager write them: ``status=~"5.."``, ``job!="demo"``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_SHAPE = re.compile(
    r'\s*(?P<name>[a-zA-Z_][\w.:-]*)\s*(?P<op>=~|!~|!=|=)\s*(?P<value>"(?:[^"\\]|\\.)*"|[^"\s].*?|)\s*\Z', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n"}


def unescape(text: str) -> str:
    """Return the value of a quoted label: a backslash stands before a quote, a backslash and the n of a line's end."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text) if "\\" in text else text


def escape(text: str) -> str:
    """Return a label's value fit to stand between quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@dataclass(frozen=True)
class Matcher:
    """One condition on a label. ``op`` is ``=``, ``!=``, ``=~`` or ``!~``; a pattern must match the whole value."""

    name: str
    op: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels fulfil it. A label that is not there counts as empty, as in Prometheus."""
        seen = labels.get(self.name, "")
        if self.op in ("=", "!="):
            return (seen == self.value) == (self.op == "=")
        return (re.fullmatch(self.value, seen, re.DOTALL) is not None) == (self.op == "=~")

    def __str__(self) -> str:
        return f'{self.name}{self.op}"{escape(self.value)}"'


@lru_cache(maxsize=1024)
def parse_matcher(text: str) -> Matcher:
    """Return the matcher that a text such as ``severity="critical"`` or ``severity=critical`` describes.

    :raises ValueError: the text is none, or its pattern is no regular expression.
    """
    match = _SHAPE.match(text)
    if match is None:
        raise ValueError(f'expected name="value", or with != =~ !~ between the two, not {text!r}')
    value = match["value"]
    if value.startswith('"'):
        value = unescape(value[1:-1])
    if match["op"] in ("=~", "!~"):
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{text!r} holds no regular expression ({error})") from error
    return Matcher(match["name"], match["op"], value)


def matcher(value: object) -> str:
    """Return ``value`` as the text of a matcher. Fit to be the type of an option's elements.

    :raises ValueError: it is none.
    """
    return str(parse_matcher(str(value)))


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Tell whether the labels fulfil all of the matchers."""
    return all(one.matches(labels) for one in matchers)
