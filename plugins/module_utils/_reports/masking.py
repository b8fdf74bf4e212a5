# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The last net: a secret that nested data holds is masked wherever it stands, before a report is made of the data."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._core.secrets import is_secret_name, url_secrets

MASK = "********"

# A shorter one is masked where it stands under its name; looking for it everywhere would make a report unreadable.
_SHORTEST = 4

# What reports themselves are made of is never taken for a secret, whatever name it stands under.
_OUR_WORDS = frozenset(
    {"pass", "fail", "unknown", "skipped", "passed", "failed", "aborted", "critical", "warning", "observe", MASK}
)

# The same few names occur in each of thousands of checks.
_is_secret_name = functools.lru_cache(maxsize=4096)(is_secret_name)


class Net:
    """Knows the secrets that nested values hold: text under telling names, and parts of addresses.

    Numbers are none, as ``token_age: 3`` is a measurement. ``known``: secrets that are known from elsewhere.
    """

    def __init__(self, *values: Any, known: Iterable[str] = ()) -> None:
        found = {secret for value in values for secret in _secrets(value)}.union(known) - _OUR_WORDS
        self._found_any = bool(found)
        everywhere = sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, everywhere))) if everywhere else None

    def text(self, text: str) -> str:
        """Return the text with each secret in it masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def over(self, value: Any) -> Any:
        """Return nested data without the secrets; the value itself when there are none."""
        return self._over(value, False) if self._found_any else value

    def _over(self, value: Any, is_secret: bool) -> Any:
        if isinstance(value, str):
            return MASK if is_secret and value and value not in _OUR_WORDS else self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(str(name)): self._over(inner, is_secret or _is_secret_name(str(name)))
                for name, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._over(inner, is_secret) for inner in value]
        return value


def _secrets(value: Any, is_secret: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        yield from (value,) if is_secret and value else _in_addresses(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, (str, dict, list, tuple)):
                yield from _secrets(inner, is_secret or _is_secret_name(str(name)))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _secrets(inner, is_secret)


def _in_addresses(text: str) -> Iterator[str]:
    if "://" in text:
        for word in text.split():
            if "://" in word:
                yield from url_secrets(word.strip("'\"()[]<>,;"))
