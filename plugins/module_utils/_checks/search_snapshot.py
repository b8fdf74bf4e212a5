# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind search_snapshot: the last successful snapshot of a search cluster's repository is fresh. Needs requests.

Speaks to the cluster as the modules ``es_*`` do, and takes their options.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from .._core.argspec import ArgSpec
from .._core.errors import OpsError
from .._core.http import without_user
from .._core.moments import written_utc
from .._search import connection, snapshots
from .._search.connection import Client, connected
from .._search.information_overview import Overview, found, wanted
from .._search.information_unreadable import named, unreadable
from .._search.names import check_repository
from .._search.snapshots import Snapshot
from .base import Condition, Context, Options, Values
from .limits import COUNT, SECONDS, Limit, limit_conditions, limits_spec

LIMITS = (
    Limit("max_age", SECONDS, "age", unit="s", detail="_last"),
    Limit("min_count", COUNT, "snapshots", "ge"),
)
# The gate has its own bound on an attempt.
_CONNECTION = replace(
    connection.SPEC, options={name: option for name, option in connection.SPEC.options.items() if name != "timeout"}
)
SPEC = (
    _CONNECTION
    + limits_spec(LIMITS)
    + ArgSpec(
        options={
            "repository": {"type": "str", "required": True},
            "snapshot": {"type": "str", "default": "*"},
            "max_age": {"type": SECONDS, "default": "26h"},
            "allow_newer_failed": {"type": "bool", "default": False},
        }
    )
)
LIBRARIES: Sequence[str] = ("requests",)

_NAMED = 5  # of what does not count, so many are named


def probe(options: Options, _context: Context) -> Values:
    """Look at the list of snapshots; see docs/checks/search_snapshot.md for the values.

    :raises NotThere: no such repository. :raises AccessDenied: the login. :raises Unreachable: no node answers.
    :raises OpsError: no snapshot counts, or the repository cannot be read.
    """
    repository, which = check_repository(options["repository"]), wanted(options["snapshot"])
    with connected(options) as client:
        client.bound(options["timeout"])
        names = [name for name in named(client, repository, which) if not _kept(name, options)]
        listed = (one for one in found(client, repository, which) if not _kept(one.name, options))
        seen = Overview(listed, 1, time.time())
        lost = unreadable(client, repository, which, names, seen.names)
        told = _told(client, repository, seen)
        last = seen.last_success
        if last is None:
            advice = f"not counted: {', '.join([*told, *lost][:_NAMED])}" if told or lost else _nothing(seen)
            raise OpsError("there is no successful snapshot", on=f"{repository} at {client.where}", advice=advice)
        return {
            "url": without_user(client.where),
            **client.product.told(),
            "repository": repository,
            "snapshots": seen.counted,
            "newest": last.name,
            "age": seen.age,
            "started_at": written_utc(last.started_at),
            "running": [one.name for one in seen.running[:_NAMED]],
            "newer_not_counted": told,
            "unreadable": [f"{name}: {why}" for name, why in list(lost.items())[:_NAMED]],
            "_last": f"{last.name} in {repository}",
        }


def _kept(name: str, options: Options) -> bool:
    return snapshots.kept_before_restore(name, options["snapshot"])


def _told(client: Client, repository: str, seen: Overview) -> list[str]:
    """Return those that ended after the last successful one began and do not count, and why.

    The shards that failed are asked for of the newest alone: it is the one to act upon.
    """
    newer = [one for one in seen.wrong if seen.is_newer(one)][:_NAMED]
    known = [*(snapshots.one(client, repository, one.name) or one for one in newer[:1]), *newer[1:]]
    return [*map(_why, known), *(f"{one.name}: dated ahead of this host's clock" for one in seen.ahead[:_NAMED])]


def _why(one: Snapshot) -> str:
    return f"{one.name}: {one.wrong()}"


def _nothing(seen: Overview) -> str:
    if seen.running:
        return f"{seen.running[0].name} is being made"
    return "no snapshot there has such a name"


def conditions(options: Options) -> list[Condition]:
    """Expect a fresh successful snapshot, none that cannot be read, and none after it that failed, if not allowed."""
    newer = [] if options["allow_newer_failed"] else [Condition("newer_not_counted", "eq", [])]
    return [*limit_conditions(LIMITS, options), *newer, Condition("unreadable", "eq", [])]
