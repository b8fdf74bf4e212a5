# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Taking secrets out of text that others wrote, such as lines of logs, before anybody sees it."""

from __future__ import annotations

import re

from .secrets import is_secret_name

MASK = "***"

# Secrets that show what they are: a scheme of HTTP authentication, a JSON web token, keys with a telling beginning.
_PLAIN = re.compile(
    r"(?P<header>\bauthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?)(?:[a-z]+ )?[\w.~+/=:-]+"
    r"|(?P<scheme>\bBearer )[\w.~+/=:-]+"
    r"|(?P<user>://)[^\s/@]*@"
    r"|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bsk-[\w-]{20,}",
    re.IGNORECASE,
)
# A name that a value follows: password=x, "token": "x", --api-key x, X-Auth-Key: x; in URLs' queries too. Values are
# looked at behind the names of secrets alone: behind another there may be a name again, as in error: password=x.
_NAMED = re.compile(
    r"(?P<name>[A-Za-z][\w.-]{2,60})(?P<sign>[\"']?\s{0,3}(?:=>|[=:])\s{0,3})(?=[^\s&,;)}\]])"
    r"|(?P<flag>--[a-z][\w-]{2,60}) (?=[^\s-])"
)
_VALUE = re.compile(r"\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^\s\"'&,;)}\]]+")
_OF_FLAG = re.compile(r"\S+")


def masked(text: str) -> str:
    """Return ``text`` with each secret that can be told as one replaced: what has a secret's name, logins, tokens."""
    text = _PLAIN.sub(_hide_plain, text)
    parts: list[str] = []
    done = 0
    match = _NAMED.search(text)
    while match:
        start, end = match.end(), match.end()
        if is_secret_name(match["name"] or match["flag"].lstrip("-")):
            value = (_VALUE if match["name"] else _OF_FLAG).match(text, start)
            end = value.end() if value else start
        parts += [text[done:start], _hidden(text[start:end])]
        done = end
        match = _NAMED.search(text, done)
    return "".join([*parts, text[done:]])


def _hide_plain(match: re.Match[str]) -> str:
    if match["user"]:
        return f"://{MASK}@"
    return f"{match['header'] or match['scheme'] or ''}{MASK}"


def _hidden(value: str) -> str:
    """Return what is shown of a secret: its quotes, if it has any."""
    quote = value[:1] if value[:1] in ("'", '"') else ""
    return f"{quote}{MASK}{quote}" if value else ""
