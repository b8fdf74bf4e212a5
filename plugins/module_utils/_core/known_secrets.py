# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The secrets that an inventory holds, and taking them out of text that somebody else wrote."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .masking import MASK
from .secrets import is_secret_name, url_secrets

# Names of variables that the collection reads, and of those that people keep in a vault by custom.
_READ = ("day2_", "vault_")
# The address of a webhook is a password in itself.
_ADDRESSES = ("webhook_url",)
_PASSWORD = re.compile(r"pass(word|wd|phrase)?$", re.IGNORECASE)
# What tells of a secret and is none: ``token_header``, ``token_path``.
_ABOUT = ("_header", "_path", "_name", "_age", "_ttl")
_OF_A_RESULT = "changed"
# A shorter one would be found in every other word.
_SHORTEST = 4


def concerns(name: str) -> bool:
    """Tell whether a variable of that name may hold a secret that is to be known."""
    return name.startswith(_READ) or is_secret_name(name)


def secrets_among(variables: Mapping[str, Any]) -> set[str]:
    """Return the secrets in variables of an inventory, templates resolved.

    What stands under another name too, as the name of a user whose password is the same, is none: to hide it would hide
    half of each text. Numbers are none either (``max_tokens: 10000``), but for a password of digits.
    """
    told = [one for name, value in variables.items() for one in _texts(value, name, name.startswith("vault_"))]
    found = {text for text, is_secret in told if is_secret}
    found.update(secret for text, _is_secret in told if "://" in text for secret in url_secrets(text))
    open_ones = {text for text, is_secret in told if not is_secret}
    return {one for one in found if len(one) >= _SHORTEST} - open_ones


def hidden(text: str, secrets: Collection[str]) -> str:
    """Return ``text`` with stars in place of each of the secrets, the longest first."""
    if not secrets:
        return text
    return re.sub("|".join(map(re.escape, sorted(secrets, key=len, reverse=True))), MASK, text)


def _texts(value: Any, name: str = "", is_secret: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield each text, and whether it stands under the name of a secret."""
    is_secret = is_secret or _is_secret(name)
    if isinstance(value, Mapping):
        is_secret = is_secret and _OF_A_RESULT not in value  # a task's result may be called ``second_pass``
        for key, inner in value.items():
            yield from _texts(inner, str(key), is_secret)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner, name, is_secret)
    elif isinstance(value, str):
        yield value, is_secret
    elif isinstance(value, int) and not isinstance(value, bool) and _PASSWORD.search(name):
        yield str(value), True


def _is_secret(name: str) -> bool:
    return name in _ADDRESSES or (is_secret_name(name) and not name.endswith(_ABOUT))
