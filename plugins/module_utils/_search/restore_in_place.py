# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Mode in_place: what is there is closed, restored over and open again; a server does that shard by shard.

A server takes a restore over a closed index of as many shards, and opens it. What a shard held is gone once its restore
has begun, so that a failure then leaves an index neither old nor new, which is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._core.errors import OpsError, one_line
from .answers import Conflict
from .connection import Client, part
from .documents import portions
from .health import GREEN, health
from .interruption import Interrupted
from .restore_naming import Renaming
from .restore_new import taken_back
from .restore_options import IN_PLACE, Options
from .restore_present import present
from .restore_room import Size
from .restore_work import Work
from .snapshots import Snapshot

_LONG = 120.0
_SHOWN = 10


class InPlace:
    """See :class:`.restore_work.Mode`."""

    NAME: ClassVar[str] = IN_PLACE

    def __init__(self, work: Work) -> None:
        self.work = work
        self._closed: list[str] = []

    @staticmethod
    def renaming(_options: Options, _snapshot: Snapshot) -> Renaming | None:
        """Keep the names."""
        return None

    @staticmethod
    def aliases(_options: Options) -> bool:
        """Leave the aliases of today: those in the snapshot would take their place."""
        return False

    def look(self) -> None:
        """Refuse what is no index of as many shards."""
        work = self.work
        streams = [name for name in work.streams.values() if work.there.what(name)]
        others = [name for name in work.new() if work.there.what(name)]
        told = work.there.clashes([*streams, *others])
        told += [
            f"{name} is of the data stream {work.there.indices[name].stream}"
            for name in work.existing()
            if work.there.indices[name].stream is not None
        ]
        told += self._other_shards()
        if told:
            raise Conflict(
                f"cannot be restored in place: {'; '.join(told[:5])}",
                on=work.on,
                advice="take another mode, or remove what is in the way",
                clashes=told,
            )

    def _other_shards(self) -> list[str]:
        sizes, indices = self.work.sizes, self.work.there.indices
        return [
            f"{name} has {indices[name].shards} shards, {sizes[name].shards} in the snapshot"
            for name in self.work.existing()
            if name in sizes and indices[name].shards not in (None, sizes[name].shards)
        ]

    def needed(self) -> Mapping[str, Size]:
        """Return what is more than what is replaced; shards that are there are none that are added."""
        held = _held(self.work.client, self.work.existing())
        return {
            name: Size(max(0, size.bytes - held[name]), 0, 0) if name in held else size
            for name, size in self.work.sizes.items()
        }

    def plan(self) -> dict[str, Any]:
        """Return what would be closed, and all that would be restored over, closed already or not."""
        return {"closed": self._open(), "replaced": sorted(self.work.existing())}

    def _open(self) -> list[str]:
        return sorted(name for name in self.work.existing() if self.work.there.indices[name].open)

    def begin(self) -> None:
        """Close what is open. :raises OpsError: it cannot be; what was closed is open again."""
        try:
            for some in portions(self._open()):
                self._closed += some  # a close that nobody answers may have been made
                _close(self.work.client, some)
        except BaseException as error:
            back = self.refused()
            if isinstance(error, (OpsError, Interrupted)):
                raise OpsError(f"{error.failed}; {back}", on=error.on, advice=error.advice, **error.details) from error
            raise

    def refused(self) -> str:
        """Open again what was closed."""
        return self._opened() or f"nothing was restored, and what was closed is open again{self._before()}"

    def _before(self) -> str:
        """Return which were closed before this run, as one that was killed leaves them; they are left so."""
        before = sorted(set(self.work.existing()) - set(self._open()))
        if not before:
            return ""
        more = f" and {len(before) - _SHOWN} more" if len(before) > _SHOWN else ""
        return f"; closed already before this run, and left so: {', '.join(before[:_SHOWN])}{more}"

    def _opened(self) -> str:
        """Open what is still closed of what was closed here; what went wrong with it, in words."""
        try:
            there = present(self.work.client).indices
            closed = [name for name in self._closed if name in there and not there[name].open]
            for some in portions(closed):
                query = {"wait_for_active_shards": "0"}
                self.work.client.ask("POST", f"{','.join(map(part, some))}/_open", query, within=_LONG)
        except OpsError as error:
            return f"these may be closed and could not be opened ({error.failed}): {', '.join(self._closed)}"
        return ""

    def unclear(self) -> str:
        """Open what is still closed: the server refuses to restore over it then, and has opened the others."""
        return self._opened() or f"what was open before is open{self._before()}"

    def failed(self, red: bool) -> str:
        """Tell in which state each is; remove what was not there before, when it is of no use."""
        told = [self._opened(), self._states()]
        if red and self.work.new():
            told.append(taken_back(self.work, red) + f" of what was not there before ({len(self.work.new())})")
        return "; ".join(one for one in told if one)

    def _states(self) -> str:
        existing = self.work.existing()
        try:
            seen = health(self.work.client, existing)
        except OpsError as error:
            return f"how the indices are cannot be seen ({error.failed})"
        poor = seen.below(GREEN)
        good = len(existing) - len(poor)
        states = ", ".join(f"{name} {seen.by_index.get(name, 'gone')}" for name in poor[:_SHOWN])
        return f"{good} of {len(existing)} are restored and green" + (f", not so: {states}" if states else "")

    def short(self) -> dict[str, Any]:
        """Leave what was restored as it is, to be looked at."""
        return self.finish()

    def finish(self) -> dict[str, Any]:
        """Return what was closed; the server has opened it."""
        replaced = sorted(self.work.existing())
        return {"closed": sorted(self._closed), "replaced": replaced, "trouble": self._opened()}


def _close(client: Client, names: Sequence[str]) -> None:
    """Close indices. :raises OpsError: not all are."""
    path = f"{','.join(map(part, names))}/_close"
    found = client.ask("POST", path, {"wait_for_active_shards": "0"}, within=max(_LONG, client.timeout))
    told = found.get("indices")
    refused = [name for name, one in told.items() if not one.get("closed")] if isinstance(told, Mapping) else []
    if refused or not found.get("acknowledged"):
        why = one_line(str(told.get(refused[0])), 200) if refused and isinstance(told, Mapping) else "not acknowledged"
        raise OpsError(f"{len(refused) or len(names)} indices could not be closed: {why}", on=", ".join(refused[:5]))


def _held(client: Client, names: Sequence[str]) -> dict[str, int]:
    """Return how many bytes the primaries of indices take; 0 where the server does not say, as of closed ones."""
    found: dict[str, int] = {}
    for some in portions(names):
        query = {"format": "json", "h": "index,pri.store.size", "bytes": "b", "expand_wildcards": "all"}
        rows = client.ask("GET", f"_cat/indices/{','.join(map(part, some))}", query)
        found.update({str(row["index"]): int(row.get("pri.store.size") or 0) for row in rows})
    return found
