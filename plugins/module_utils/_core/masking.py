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
# A name and its value: password=x, "token": "x", --api-key x, X-Auth-Key: x; in URLs' queries too.
_NAMED = re.compile(
    r"(?P<name>[A-Za-z][\w.-]{2,60})(?P<sign>[\"']?\s{0,3}(?:=>|[=:])\s{0,3})(?P<value>\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^\s\"'&,;)}\]]+)"
    r"|(?P<flag>--[a-z][\w-]{2,60})(?P<gap> )(?P<given>[^\s-]\S*)"
)


def masked(text: str) -> str:
    """Return ``text`` with each secret that can be told as one replaced: what has a secret's name, logins, tokens."""
    text = _PLAIN.sub(_hide_plain, text)
    parts: list[str] = []
    done = 0
    match = _NAMED.search(text)
    while match:
        # The value of a harmless name may be a name itself: error: password=x
        is_secret = is_secret_name(match["name"] or match["flag"].lstrip("-"))
        end = match.end() if is_secret else match.end("sign" if match["name"] else "gap")
        parts += [text[done : match.start()], _hidden(match)] if is_secret else [text[done:end]]
        done = end
        match = _NAMED.search(text, done)
    return "".join([*parts, text[done:]])


def _hide_plain(match: re.Match[str]) -> str:
    if match["user"]:
        return f"://{MASK}@"
    return f"{match['header'] or match['scheme'] or ''}{MASK}"


def _hidden(match: re.Match[str]) -> str:
    if match["flag"]:
        return f"{match['flag']} {MASK}"
    quote = match["value"][0] if match["value"][0] in "\"'" else ""
    return f"{match['name']}{match['sign']}{quote}{MASK}{quote}"
