# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which snapshot is restored, and which of its indices and data streams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .._core.errors import NotThere, OpsError
from . import names, snapshots
from .connection import Client
from .product import Product
from .snapshots import Snapshot

NEWEST = "newest"
_NUMBERS = re.compile(r"(\d+)\.(\d+)")
# Snapshots of Elasticsearch, up to 7.10, are older than any of OpenSearch, whose versions began anew with 1.
_ELASTICSEARCH_FROM = 5


def names_like(pattern: str) -> re.Pattern[str]:
    """Return what recognises the names that a pattern means, with dates (``daily-{now/d}``) or ``*``.

    :raises InputError: a brace that is no date.
    """
    return re.compile(names.family(pattern).pattern.replace(r"\*", ".*"))


def checked(snapshot: str, pattern: str) -> None:
    """Refuse what can name no snapshot; the pattern counts for ``newest`` alone. :raises InputError: so."""
    names_like(pattern)
    if snapshot != NEWEST:
        names.check_snapshot(snapshot, "snapshot")


def chosen(client: Client, repository: str, snapshot: str, pattern: str, partial: bool) -> tuple[Snapshot, list[str]]:
    """Return the snapshot that is restored, and warnings; see :func:`named`. :raises OpsError: it is not whole."""
    one, passed = named(client, repository, snapshot, pattern, partial)
    require_usable(one, partial, f"{repository}/{one.name}")
    return one, passed


def named(client: Client, repository: str, snapshot: str, pattern: str, partial: bool) -> tuple[Snapshot, list[str]]:
    """Return the snapshot, with its indices, and a line on each newer one that ``newest`` passes over.

    :raises NotThere: there is none, or no such repository.
    """
    if snapshot != NEWEST:
        return snapshots.required(client, repository, snapshot), []
    found = snapshots.matching(client, repository, names_like(pattern))
    found = [one for one in found if not snapshots.kept_before_restore(one.name, pattern)]
    good = next((one for one in found if _usable(one, partial)), None)
    if good is None:
        told = f"none of {len(found)} snapshots named {pattern} is {snapshots.SUCCESS}"
        told = told if found else f"there is no snapshot named {pattern}"
        raise NotThere(told, on=f"{repository} at {client.where}")
    passed = [f"{one.name} is newer and not taken: {one.wrong()}" for one in found[: found.index(good)]]
    return snapshots.required(client, repository, good.name), passed


def _usable(snapshot: Snapshot, partial: bool) -> bool:
    return snapshot.whole or (partial and snapshot.state == snapshots.PARTIAL)


def require_usable(snapshot: Snapshot, partial: bool, on: str) -> None:
    """Refuse one that does not hold all that it should. :raises OpsError: so."""
    if _usable(snapshot, partial):
        return
    if snapshot.running:
        raise OpsError("the snapshot is still being made", on=on, advice="restore when it has ended")
    advice = "partial: true restores what is in it" if snapshot.state == snapshots.PARTIAL else "take another"
    raise OpsError(f"the snapshot is not whole: {snapshot.wrong()}", on=on, advice=advice)


def require_not_newer(snapshot: Snapshot, product: Product, on: str) -> None:
    """Refuse a snapshot that a newer server made than the cluster's. :raises OpsError: so."""
    made, here = _NUMBERS.match(snapshot.version), product.version
    if made is None:
        return  # the server itself refuses what it cannot read
    told = _NUMBERS.match(product.number)
    if told and (int(told[1]), int(told[2])) != here:
        return  # an OpenSearch that passes for Elasticsearch 7.10: its own version is unknown, and it judges itself
    version = (int(made[1]), int(made[2]))
    if product.is_opensearch and version[0] >= _ELASTICSEARCH_FROM > here[0]:
        return
    if version > here:
        raise OpsError(
            f"the snapshot was made by version {snapshot.version}, newer than the cluster's {product.number}",
            on=on,
            advice="restore it into a cluster of that version or later",
        )


@dataclass(frozen=True)
class Selection:
    """What of a snapshot is meant. :param indices: of no data stream. :param streams: the indices behind each."""

    indices: tuple[str, ...]
    streams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def all(self) -> list[str]:
        """All indices, those behind data streams too."""
        return sorted({*self.indices, *(name for behind in self.streams.values() for name in behind)})


def selected(snapshot: Snapshot, patterns: Sequence[str]) -> Selection:
    """Return what names and patterns mean, in their order; ``-`` before one takes it out again.

    As with both products ``*`` means nothing that begins with a dot: a pattern that begins with one does.

    :raises NotThere: a name is not in the snapshot, or nothing is left.
    """
    held = set(snapshot.indices or ())
    behind = {stream: _behind(stream, held) for stream in snapshot.streams}
    plain = held.difference(*behind.values()) if behind else held
    taken = _taken([*patterns], sorted(plain), snapshot, held)
    streams = _taken([*patterns], sorted(behind), snapshot, held)
    # an index behind a stream may be named by itself: then it is one of no stream
    named = [one for one in patterns if one in held]
    found = Selection(tuple(sorted({*taken, *named})), {stream: behind[stream] for stream in streams})
    if not found.all:
        raise NotThere(f"nothing in the snapshot matches {', '.join(patterns)}", on=snapshot.name)
    return found


def _taken(patterns: Iterable[str], known: Sequence[str], snapshot: Snapshot, held: set[str]) -> list[str]:
    taken: list[str] = []
    for pattern in patterns:
        out = pattern.startswith("-")
        wanted = pattern[1:] if out else pattern
        matching = [name for name in known if _matches(name, wanted)]
        if not (matching or "*" in wanted or out or wanted in held or wanted in snapshot.streams):
            raise NotThere(f"{wanted} is not in the snapshot", on=snapshot.name, advice="see es_snapshot_info")
        taken = [name for name in taken if name not in matching] if out else [*taken, *matching]
    return taken


def _matches(name: str, pattern: str) -> bool:
    hidden = name.startswith(".") and not pattern.startswith(".")
    return not hidden and fnmatchcase(name, pattern.replace("[", "[[]"))


def _behind(stream: str, held: Iterable[str]) -> tuple[str, ...]:
    """Return the indices of a data stream, by the names that both products give them."""
    shape = re.compile(rf"\.ds-{re.escape(stream)}-(\d{{4}}\.\d\d\.\d\d-)?\d{{6}}\Z")
    return tuple(sorted(name for name in held if shape.match(name)))
