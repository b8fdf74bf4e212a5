# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which of a host's checks a review makes again, with the lists that people look through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Check = dict[str, Any]


def review_checks(
    checks: Sequence[Mapping[str, Any]],
    kinds: Sequence[str],
    details: Mapping[str, Sequence[str]],
    more: Sequence[Mapping[str, Any]] = (),
) -> list[Check]:
    """Return those of ``checks`` that are of one of the ``kinds``, and ``more``.

    :param details: for each kind the lists to ask for; what a check asks for itself is kept.
    :param more: checks of the review alone. One of the name of another check takes its place.
    """
    own = [dict(check) for check in more]
    names = {check.get("name") for check in own}
    again = [dict(check) for check in checks if check.get("kind") in kinds and check.get("name") not in names]
    return [_with_details(check, details) for check in [*again, *own]]


def _with_details(check: Check, details: Mapping[str, Sequence[str]]) -> Check:
    wanted = [*check.get("details", []), *details.get(str(check.get("kind")), [])]
    return {**check, "details": list(dict.fromkeys(wanted))} if wanted else check
