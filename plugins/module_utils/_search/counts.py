# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a snapshot's metadata record of the documents that were in its indices when it began.

Both products allow 1,024 bytes of metadata (``CreateSnapshotRequest``: MAXIMUM_METADATA_BYTES), counted in their own
binary form. So the counts stand there as they are when they are few, packed when that is enough, and else as their
sum and a checksum, from which a restore of all indices can still be judged, if not which of them differs. So can one
of all but those whose names begin with a dot, which ``*`` leaves out when it restores: their sum is there too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import InputError

NAME = "day2"
MAX_BYTES = 1024
_RESERVE = 64  # the servers' own form has a few bytes more a value than what is counted here
_MOST_UNPACKED = 1 << 20


@dataclass(frozen=True)
class Sum:
    """What is known of counts that did not fit. :param documents: all of them. :param checksum: of all counts."""

    documents: int
    indices: int
    checksum: str


@dataclass(frozen=True)
class Recorded(Sum):
    """What metadata tell.

    :param counts: by index; None where they did not fit. :param plain: the sum of the indices whose names do not
        begin with a dot; None where there are no others, or the counts are known.
    """

    counts: Mapping[str, int] | None = None
    plain: Sum | None = None


def record(counts: Mapping[str, int], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``metadata`` of the user's with what is recorded of ``counts``, by index, in as much detail as fits.

    :raises InputError: the user's own are too large, or use our name.
    """
    if NAME in metadata:
        raise InputError(f"metadata: {NAME} is where the counts of documents are kept", advice="take another name")
    room = MAX_BYTES - _RESERVE - _size(metadata)
    common = _sum(counts)
    if room < _size({NAME: common}):
        raise InputError("metadata are too large", advice=f"at most about {room_for_users()} bytes are left for them")
    forms: list[dict[str, Any]] = [{"counts": dict(counts)}, {"packed": _packed(counts)}, *_plain_sum(counts), {}]
    fitting = next(form for form in forms if _size({NAME: {**common, **form}}) <= room)
    return {**metadata, NAME: {**common, **fitting}}


def is_plain(name: str) -> bool:
    """Whether ``*`` means the index where indices are restored."""
    return not name.startswith(".")


def _sum(counts: Mapping[str, int]) -> dict[str, Any]:
    return {"documents": sum(counts.values()), "indices": len(counts), "checksum": checksum(counts)}


def _plain_sum(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    plain = {name: number for name, number in counts.items() if is_plain(name)}
    return [{"plain": _sum(plain)}] if len(plain) < len(counts) else []


def room_for_users() -> int:
    """Return how many bytes of JSON the user's own metadata may have."""
    common = {"documents": 10**15, "indices": 10**6, "checksum": checksum({})}
    return MAX_BYTES - _RESERVE - _size({NAME: common})


def recorded(metadata: Mapping[str, Any]) -> Recorded | None:
    """Return what is recorded in a snapshot's metadata; None when nothing is that can be read."""
    found = metadata.get(NAME) if isinstance(metadata, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    try:
        counts = found["counts"] if "counts" in found else _unpacked(found.get("packed"))
        return Recorded(
            **_summed(found),
            counts=None if counts is None else {str(name): int(count) for name, count in counts.items()},
            plain=Sum(**_summed(found["plain"])) if "plain" in found else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError, zlib.error):
        return None


def _summed(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "documents": int(found["documents"]),
        "indices": int(found["indices"]),
        "checksum": str(found["checksum"]),
    }


def checksum(counts: Mapping[str, int]) -> str:
    """Return a checksum of counts by index: the first 16 digits of a SHA-256."""
    lines = "".join(f"{name} {counts[name]}\n" for name in sorted(counts))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Compared:
    """How documents that were restored compare with what was recorded.

    :param missing: by index, how many fewer there are. :param more: how many more: a snapshot holds what was written
        while it was taken. :param unknown: whether nobody can say. :param differs: whether nobody can as only the sum
        is recorded, and the checksum is another: what was lost in one index may have been gained in another.
    """

    documents: int
    recorded: int | None = None
    missing: Mapping[str, int] = field(default_factory=dict)
    more: Mapping[str, int] = field(default_factory=dict)
    unknown: bool = False
    differs: bool = False

    @property
    def equal(self) -> bool:
        """Whether there are as many as recorded, index by index."""
        return not (self.missing or self.more or self.unknown)

    def told(self) -> dict[str, Any]:
        """Return it for a result."""
        return {
            "documents": self.documents,
            "recorded": self.recorded,
            "missing": dict(self.missing),
            "more": dict(self.more),
            "equal": None if self.unknown else self.equal,
        }


def compare(counts: Mapping[str, int], known: Recorded | None, held: Collection[str]) -> Compared:
    """Compare counts of what was restored, under the names that the indices had, with what was recorded.

    :param held: the names of all indices of the snapshot; where only sums are known nothing can be said of some.
    """
    documents = sum(counts.values())
    if known is not None and known.counts is not None:
        return _by_index(counts, known.counts, documents)
    summed = known and _sum_that_means(set(counts), known, held)
    if not summed:
        return Compared(documents, unknown=True)
    return _by_sum(counts, summed, documents)


def _sum_that_means(restored: Collection[str], known: Recorded, held: Collection[str]) -> Sum | None:
    """Return the sum that is one of just these indices; None when there is none."""
    groups: tuple[tuple[Sum | None, set[str]], ...] = ((known, set(held)), (known.plain, set(filter(is_plain, held))))
    fitting = (one for one, names in groups if one and restored == names and one.indices == len(names))
    return next(fitting, None)


def _by_sum(counts: Mapping[str, int], known: Sum, documents: int) -> Compared:
    if checksum(counts) == known.checksum:
        return Compared(documents, known.documents)
    differ = known.documents - documents
    if differ > 0:
        return Compared(documents, known.documents, missing={"*": differ}, differs=True)
    more = {"*": -differ} if differ else {}
    return Compared(documents, known.documents, more=more, unknown=True, differs=True)


def _by_index(counts: Mapping[str, int], known: Mapping[str, int], documents: int) -> Compared:
    differ = {name: known[name] - counts[name] for name in counts if name in known}
    return Compared(
        documents,
        sum(known[name] for name in differ),
        missing={name: number for name, number in differ.items() if number > 0},
        more={name: -number for name, number in differ.items() if number < 0},
        unknown=len(differ) < len(counts),
    )


def _size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")).encode())


def _packed(counts: Mapping[str, int]) -> str:
    written = json.dumps(dict(counts), separators=(",", ":"), sort_keys=True).encode()
    return base64.b85encode(zlib.compress(written, 9)).decode("ascii")


def _unpacked(packed: Any) -> dict[str, int] | None:
    if packed is None:
        return None
    inflating = zlib.decompressobj()
    written = inflating.decompress(base64.b85decode(str(packed)), _MOST_UNPACKED)
    found: dict[str, int] = json.loads(written)
    return found
