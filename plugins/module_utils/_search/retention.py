# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which snapshots of a family are kept: by the rules of ``_core.periods``; never is the last successful one removed.

The moment of a snapshot is that when it was begun, by the clock of its cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .._core.periods import AHEAD, Dated, Rules
from .snapshots import FAILED, PARTIAL, Snapshot

_IN_VAIN = (FAILED, PARTIAL)


@dataclass(frozen=True)
class Verdict:
    """Whether a snapshot stays, and why, for people."""

    snapshot: Snapshot
    keep: bool
    why: str


def judge(rules: Rules, family: Sequence[Snapshot], now: float) -> list[Verdict]:
    """Return what the rules say of each snapshot, the newest first.

    Only those that are SUCCESS count. One that is FAILED or PARTIAL goes once a newer one is SUCCESS; where none is,
    nothing goes.

    :param family: all that the rules are for. :param now: seconds since the epoch.
    """
    ordered = sorted(family, key=lambda one: (one.started_at, one.name), reverse=True)
    whole = [one for one in ordered if one.whole]
    present = [one for one in whole if not _ahead(one, now)]
    kept = rules.kept([_dated(one) for one in present], now, lambda _name: True)
    if whole:
        kept.setdefault(whole[0].name, "the last SUCCESS")
    return list(_verdicts(rules, ordered, kept, whole[0] if whole else None, now))


def _verdicts(
    rules: Rules, ordered: Sequence[Snapshot], kept: dict[str, str], last: Snapshot | None, now: float
) -> Iterator[Verdict]:
    for one in ordered:
        stays = kept.get(one.name) or _stays(one, last, now)
        if stays:
            yield Verdict(one, True, stays)
        elif one.whole:
            yield Verdict(one, False, rules.why_not(_dated(one), now))
        else:
            yield Verdict(one, False, f"{one.state}, and {last.name if last else ''} is newer and SUCCESS")


def _stays(one: Snapshot, last: Snapshot | None, now: float) -> str:
    """Return why a snapshot stays that no rule keeps; nothing when it goes."""
    if one.running:
        return "it is being made"
    if last is None:
        return "none is SUCCESS"
    if _ahead(one, now):
        return "it is from the future by this host's clock"
    if one.whole:
        return ""
    if one.state not in _IN_VAIN:
        return f"it is {one.state}: another version may read it"
    return "" if one.started_at < last.started_at else "none that is newer is SUCCESS"


def _ahead(one: Snapshot, now: float) -> bool:
    return one.started_at > now + AHEAD


def _dated(one: Snapshot) -> Dated:
    return Dated(one.name, one.started_at)
