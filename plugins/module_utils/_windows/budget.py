# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The time that a window has: when it ends, what is kept in reserve, and whether what is left will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, OpsError
from .._core.moments import moment, written_utc


@dataclass(frozen=True)
class Budget:
    """ends_at: seconds since the epoch, None for a window without an end. reserve: seconds kept for what goes wrong."""

    ends_at: float | None
    reserve: float

    @classmethod
    def asked_for(cls, params: Mapping[str, Any], now: float) -> Budget:
        """Return what ``ends_at`` or ``duration``, and ``reserve``, say.

        :raises InputError: both are given, or one cannot be read.
        """
        at, length = params.get("ends_at"), params.get("duration")
        if at and length is not None:
            raise InputError("ends_at and duration are given", advice="give one of the two")
        reserve = seconds_of("reserve", params.get("reserve") or 0)
        if at:
            ends_at = moment(at)
            if ends_at is None:
                raise InputError(f"ends_at: not a moment: {at}", advice="expected one such as 2026-03-01T04:00:00Z")
            return cls(ends_at, reserve)
        return cls(None if length is None else now + seconds_of("duration", length), reserve)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Budget:
        """Read back what :meth:`as_record` made; an older journal has none."""
        told = record.get("budget") or {}
        return cls(moment(told.get("ends_at")), float(told.get("reserve") or 0))

    def as_record(self) -> dict[str, Any]:
        """Return a JSON-safe form."""
        return {"ends_at": None if self.ends_at is None else written_utc(self.ends_at), "reserve": self.reserve}

    def wants(self, needs: float, what: str, now: float, **details: Any) -> None:
        """Refuse when less than ``needs`` seconds and the reserve are left at ``now``.

        :param what: what would be begun. :param details: what the error carries. :raises OpsError: so.
        """
        if self.ends_at is None:
            return
        left = self.ends_at - now
        ends = written_utc(self.ends_at)
        if left <= 0:
            raise OpsError(f"turned back before {what}: the window has ended, {ends} is in the past", **details)
        if left < needs + self.reserve:
            kept = f", {show_duration(self.reserve)} of it in reserve" if self.reserve else ""
            raise OpsError(
                f"turned back before {what}: {show_duration(left)} are left until {ends}, and"
                f" {show_duration(needs + self.reserve)} are needed{kept}",
                **details,
            )


NO_END = Budget(None, 0.0)


def needed(given: Sequence[Any] | None) -> float | None:
    """Return the sum of lengths of time in seconds; None for no list. :raises InputError: one that cannot be read."""
    return None if given is None else sum(seconds_of("needs", one) for one in given)
