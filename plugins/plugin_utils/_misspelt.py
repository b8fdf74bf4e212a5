# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Names that are nearly those that are known: one letter more, one less, another one, or two that changed places."""

from __future__ import annotations

from collections.abc import Iterable

# Of a shorter name, too many others that mean something else are one letter away, such as port and part.
_LONG = 6


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` was probably meant to be; None when it is one, or like none."""
    names = list(known)
    if name in names:
        return None
    return next((one for one in names if _is_near(_letters(name), _letters(one))), None)


def _letters(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _is_near(name: str, known: str) -> bool:
    if name in (known, f"{known}s"):
        return True
    is_one_off = _is_one_longer(name, known) or _is_one_longer(known, name) or _is_other(name, known)
    return len(known) >= _LONG and is_one_off


def _is_one_longer(longer: str, shorter: str) -> bool:
    return len(longer) == len(shorter) + 1 and any(
        longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer))
    )


def _is_other(name: str, known: str) -> bool:
    """Tell whether one letter is another, or two beside each other changed places."""
    places = [place for place, (one, other) in enumerate(zip(name, known)) if one != other]
    if len(name) != len(known) or len(places) > 2:
        return False
    first, last = places[0], places[-1]
    return first == last or (last == first + 1 and name[first] + name[last] == known[last] + known[first])
