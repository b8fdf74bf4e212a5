# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Snapshots that a repository names and cannot tell of any more, as a file of theirs is damaged or gone.

Both products leave such a one out of a list without a word when they are told not to give up because of it, and
otherwise give up: there is no list at all. But a list of names alone comes from another file, and has it.
"""

from __future__ import annotations

from collections.abc import Collection

from .._core.errors import NotThere, OpsError
from . import snapshots
from .connection import Client
from .information_overview import Wanted

_EXPLAINED = 5
_MISSING = "the file that tells of it is missing"


def named(client: Client, repository: str, which: Wanted) -> frozenset[str]:
    """Return the names of the snapshots that are meant, by what the repository says of itself.

    :raises NotThere: no such repository. :raises OpsError: it cannot be read.
    """
    found = snapshots.names(client, repository, which.asked)
    return frozenset(name for name in found if which.names is None or which.names.match(name))


def unreadable(
    client: Client, repository: str, which: Wanted, before: Collection[str], listed: Collection[str]
) -> dict[str, str]:
    """Return those that cannot be read, and why, which is asked for of the first few.

    :param before: names from before the list was read: what came later is not missing in it. :param listed: its names.
    :raises OpsError: the repository cannot be read.
    """
    lacking = set(before).difference(listed)
    if lacking:
        lacking &= named(client, repository, which)  # what was removed meanwhile is not missing either
    names = sorted(lacking)
    known = {name: _why(client, repository, name) for name in names[:_EXPLAINED]}
    return {name: known.get(name, "it cannot be read") for name in names}


def _why(client: Client, repository: str, name: str) -> str:
    try:
        return (
            _MISSING if snapshots.one(client, repository, name, brief=True) is None else "it was left out of the list"
        )
    except NotThere:
        return _MISSING
    except OpsError as error:
        return error.failed
