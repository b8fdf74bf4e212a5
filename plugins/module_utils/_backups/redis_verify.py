# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether a server that was restored holds what the backup does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import OpsError, Unreachable
from .redis_info import ask_info, keyspace, number
from .redis_rdb import Counted
from .redis_types import count_types

_CHANGES = ("rdb_changes_since_last_save", "expired_keys", "evicted_keys")


def require_restored(
    client: Any, info: Mapping[str, str], on: str, counted: Counted | None, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Compare what a server holds that has just loaded a backup with what is in it; return what was compared.

    Clients may be at work again: then only what the server says that it has loaded can be compared.

    :param info: what it told when it had loaded. :param counted: what is in the file; None when that is not known.
    :raises OpsError: something is missing.
    """
    expected = facts.get("keys") if counted is None else counted.keys
    loaded, expired = number(info, "rdb_last_load_keys_loaded"), number(info, "rdb_last_load_keys_expired")
    held = sum(database["keys"] for database in keyspace(info).values())
    give_or_take = 0 if counted is not None else facts.get("changes")
    if isinstance(expected, int) and isinstance(give_or_take, int):
        expires = facts.get("expires", 0) if counted is None else counted.expires
        _require(expected, loaded, expired, held, expires, give_or_take, on)
    compared = {"held": held, "loaded": loaded, "expired_since": expired}
    return {**compared, "types_compared": counted is not None and _same_types(client, info, on, counted)}


def _require(
    expected: int, loaded: int | None, expired: int | None, held: int, expires: int, give_or_take: int, on: str
) -> None:
    if loaded is not None and expired is not None:
        if abs(loaded + expired - expected) > give_or_take:
            raise OpsError(f"the server has loaded {loaded + expired} keys, the backup holds {expected}", on=on)
    elif held < expected - expires - give_or_take:
        raise OpsError(f"the server holds {held} keys, the backup holds {expected}", on=on)


def _same_types(client: Any, info: Mapping[str, str], on: str, counted: Counted) -> bool:
    """Compare keys by type where nobody writes and nothing expires meanwhile; tell whether they could be compared.

    :raises OpsError: they differ.
    """
    if counted.expires and number(info, "rdb_last_load_keys_expired") != 0:
        return False
    try:
        found = {number_: count_types(client, number_, on) for number_ in counted.databases}
    except Unreachable:
        raise
    except OpsError:  # the user may not, or the server knows no scripts; it has loaded what it should all the same
        return False
    now = ask_info(client, on)
    if any(now.get(name) != info.get(name) for name in _CHANGES):
        return False
    for number_, database in counted.databases.items():
        if found[number_] != dict(sorted(database.types.items())):
            raise OpsError(
                f"database {number_} holds {found[number_]}, the backup {dict(sorted(database.types.items()))}", on=on
            )
    return True
