# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is to be in a snapshot, looked up before it is asked for: a place to write to, indices, primaries, documents."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .._core.errors import AccessDenied, InputError, NotThere, OpsError
from .answers import Blocked
from .connection import Client
from .documents import Index, countable, found, without_primary
from .making_options import Wanted
from .repositories import found as repository_of

_SHOWN = 5


@dataclass(frozen=True)
class Target:
    """The indices that names and patterns meant when they were looked up.

    :param patterns: as given; they are what the server gets, so that data streams stay data streams.
    """

    patterns: Collection[str]
    indices: Sequence[Index]

    @property
    def inside(self) -> list[Index]:
        """Those that the servers put in: a pattern means open ones, a name closed ones, too."""
        return [one for one in self.indices if one.open or one.name in self.patterns]

    @property
    def closed(self) -> list[str]:
        """Those that the servers leave out, as they are closed and meant by a pattern alone."""
        patterns = [one for one in self.patterns if "*" in one]
        out = [one.name for one in self.indices if not one.open and one.name not in self.patterns]
        return [name for name in out if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def lacking(self, indices: Collection[str], begun: float = math.inf) -> list[str]:
        """Return what is not among the indices of a snapshot.

        Indices of the system, which Elasticsearch 8 leaves out unless they are named, are not missed.

        :param begun: when the snapshot was, in seconds since the epoch: what a pattern means and was made after that
            is not missed either.
        """
        held = set(indices)
        return [one.name for one in self.inside if one.name not in held and self._expected(one, begun)]

    def _expected(self, one: Index, begun: float) -> bool:
        if one.name in self.patterns:
            return True
        return not _of_system(one.name) and (one.created is None or one.created < begun)


def _of_system(name: str) -> bool:
    return name.startswith(".") and not name.startswith(".ds-")


def require_writable(client: Client, repository: str) -> None:
    """Look whether a snapshot can be written there.

    :raises NotThere: no such repository. :raises InputError: it is read-only.
    """
    known = repository_of(client, repository)
    if known is None:
        raise NotThere(
            "there is no such repository", on=f"{repository} at {client.where}", advice="register it with es_repository"
        )
    if known.readonly:
        raise InputError(
            "the repository is read-only", on=f"{repository} at {client.where}", advice="another cluster writes to it"
        )


def target(client: Client, wanted: Wanted) -> Target:
    """Return what is to be in the snapshot. :raises NotThere: an index that was named is not there, or none is."""
    try:
        known = Target(wanted.indices, found(client, wanted.indices, wanted.ignore_unavailable))
    except NotThere as error:
        raise NotThere(
            f"indices: {error.failed}", on=client.where, advice="nothing was made; ignore_unavailable allows that"
        ) from error
    if not known.inside and not (wanted.ignore_unavailable or wanted.global_state):
        raise NotThere(
            f"indices: {', '.join(wanted.indices[:_SHOWN])} is no open index",
            on=client.where,
            advice="allow an empty snapshot with ignore_unavailable",
        )
    return known


def unassigned(client: Client, known: Target) -> list[str]:
    """Return which of the indices cannot be read as a primary shard is on no node."""
    return without_primary(client, known.inside)


def some(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


@dataclass(frozen=True)
class Counted:
    """Documents. :param counts: by index; None when nothing could be counted. :param warnings: on what could not be."""

    counts: dict[str, int] | None
    warnings: tuple[str, ...] = ()


def counted(client: Client, known: Target, without: Collection[str]) -> Counted:
    """Return the documents of each open index, but of those that cannot be read.

    :raises AccessDenied: the login may not search. :raises OpsError: nobody answers.
    """
    wanted = [one for one in known.indices if one.open and one.name not in without]
    counts, refused = countable(client, [one.name for one in wanted])
    if refused and not counts and all(_denied(error) for error in refused.values()):
        error = next(iter(refused.values()))
        raise AccessDenied(
            f"the documents cannot be counted: {error.failed}", on=error.on, advice="allow that, or set counts to false"
        ) from error
    # of an index that the server protects, a search finds nothing, and says that all is well
    hidden = [one.name for one in wanted if one.held and counts.get(one.name) == 0]
    found = {name: count for name, count in counts.items() if name not in hidden}
    unknown = sorted([*refused, *hidden])
    if not unknown:
        return Counted(found)
    why = next((error.failed for error in refused.values()), "a search does not find them")
    return Counted(found or None, (f"the documents of {some(unknown)} are not counted: {why}",))


def _denied(error: OpsError) -> bool:
    return isinstance(error, AccessDenied) and not isinstance(error, Blocked)
