# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""All rows of a report as compact data for the page's script: columns, and each text once.

The shape (``page/page.js`` reads it): ``texts`` is a list of strings; ``host``, ``check``, ``kind``, ``reason``,
``runbook``, ``since``, ``course``, ``path``, ``curve`` and ``figures`` hold for each row a place in it, ``status``,
``severity`` and ``new`` one character a row, ``seconds`` a number a row. ``curve`` is a digit (base 36, ``-`` for none)
a run between the least and the most number, ``figures`` these two and the last: ``12|40|37``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .model import Report, rows
from .past import LETTERS
from .text import web_address

# What the page may spend on reasons, in characters, and how many of one are shown in any case and at most.
_REASONS = 900_000
_REASON_LEAST, _REASON_MOST = 60, 400

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Texts:
    """A list of strings, each once; the empty one is the first."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {"": 0}

    def place(self, text: str) -> int:
        """Return where a text stands; it is added when it is new."""
        return self._places.setdefault(text, len(self._places))

    @property
    def all(self) -> list[str]:
        """Return the texts in their order."""
        return list(self._places)


def embedded(report: Report) -> str:
    """Return the rows as JSON that can stand in a script element: nothing in it can end the element."""
    text = json.dumps(_data(report), ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _data(report: Report) -> dict[str, Any]:
    found = rows(report)
    limit = reason_limit(sum(bool(check["reason"]) for _host, check in found))
    texts = Texts()
    place = texts.place
    curves = [_curve(check["history"].get("numbers") or ()) for _host, check in found]
    return {
        "host": [place(host) for host, _check in found],
        "check": [place(check["name"]) for _host, check in found],
        "kind": [place(check["kind"]) for _host, check in found],
        "severity": "".join(check["severity"][0] for _host, check in found),
        "status": "".join(LETTERS[check["status"]] for _host, check in found),
        "new": "".join("1" if check["new"] else "0" for _host, check in found),
        "reason": [place(cut(check["reason"], limit)) for _host, check in found],
        "runbook": [place(web_address(check["runbook"])) for _host, check in found],
        "since": [place(check["since"]) for _host, check in found],
        "seconds": [check["seconds"] for _host, check in found],
        "course": [place(check["history"]["statuses"]) for _host, check in found],
        "path": [place(check["history"].get("path", "")) for _host, check in found],
        "curve": [place(curve) for curve, _figures in curves],
        "figures": [place(figures) for _curve, figures in curves],
        "texts": texts.all,
    }


def reason_limit(number: int) -> int:
    """Return how many characters of each of ``number`` reasons the page shows, so that it stays small."""
    return max(_REASON_LEAST, min(_REASON_MOST, _REASONS // max(1, number)))


def cut(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _curve(numbers: Sequence[float | None]) -> tuple[str, str]:
    """Return the curve of a series and its figures; nothing for fewer than two numbers."""
    known = [number for number in numbers if number is not None]
    if len(known) < 2:
        return "", ""
    least, most = min(known), max(known)
    step = (len(_DIGITS) - 1) / (most - least) if most > least else 0.0
    middle = len(_DIGITS) // 2
    places = (
        "-" if number is None else _DIGITS[int((number - least) * step + 0.5) if step else middle] for number in numbers
    )
    return "".join(places), f"{least:.4g}|{most:.4g}|{known[-1]:.4g}"
