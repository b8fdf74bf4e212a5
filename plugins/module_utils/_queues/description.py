# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From what a user writes to queues that can be measured. All that is wrong is said before any is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from . import thresholds
from .base import Queue
from .kinds import kind_named

COMMON = ArgSpec(options={"name": {"type": "str", "required": True}, "kind": {"type": "str", "required": True}})

_PASSWORD = frozenset({"login_password", "login_password_file", "login_password_env"})
_SENTINEL_PASSWORD = frozenset({"sentinel_password", "sentinel_password_file", "sentinel_password_env"})
_SENTINELS = frozenset({"sentinels", "sentinel_service"})
# Who gives one of these options does not inherit those beside it.
_REPLACES: dict[str, frozenset[str]] = {
    **dict.fromkeys(_PASSWORD, _PASSWORD),
    **dict.fromkeys(_SENTINEL_PASSWORD, _SENTINEL_PASSWORD),
    **dict.fromkeys(("login_host", "login_port"), frozenset({"login_unix_socket"}) | _SENTINELS),
    "login_unix_socket": _SENTINELS | {"cluster"},
    "sentinels": frozenset({"login_unix_socket", "cluster"}),
    "cluster": frozenset({"login_unix_socket"}) | _SENTINELS,
}


def queue_spec(kind: str, where: str = "queue") -> ArgSpec:
    """Return all options of a queue of that kind: name and kind, the connection's, the kind's own, the thresholds.

    :param where: names the place for the message.
    :raises InputError: no such kind.
    """
    return COMMON + kind_named(kind, where).SPEC + thresholds.SPEC


def described(given: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any], option: str = "queues") -> list[Queue]:
    """Return the queues that ``given`` describes.

    :param option: what they were given as, for messages; ``queue`` for a single one.
    :param defaults: connection options for those queues that do not say otherwise; None stands for "not given".
    :raises InputError: an unknown kind, a wrong option, a name that is used twice.
    """
    queues = [
        _described(f"{option}[{number}]" if option == "queues" else option, one, defaults)
        for number, one in enumerate(given)
    ]
    names = [queue.name for queue in queues]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"queues: the name {twice[0]} is used more than once", advice="give each queue its own name")
    return queues


def _described(place: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Queue:
    given = {name: value for name, value in given.items() if value is not None}
    where = place + (f" ({given['name']})" if given.get("name") else "")
    if not given.get("kind"):
        raise InputError(f"{where}: missing required arguments: kind")
    spec = queue_spec(str(given["kind"]), where)
    # The defaults are for Redis. Its password must not go to a server of another kind, nor stand its port for others.
    shared = defaults if getattr(kind_named(str(given["kind"]), where), "TAKES_DEFAULTS", True) else {}
    inherited = {name: value for name, value in _inherited(shared, given).items() if name in spec.options}
    return made(spec.validate({**inherited, **given}, where), where)


def made(options: Mapping[str, Any], where: str = "queue") -> Queue:
    """Return the queue for options that :func:`queue_spec` has validated.

    :raises InputError: no such kind, options that contradict each other.
    """
    return kind_named(options["kind"], where)(options["kind"], options["name"], options)


def _inherited(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that are given, less those that an option of the queue itself replaces."""
    replaced = {other for name in given if given[name] is not False for other in _REPLACES.get(name, ())}
    return {name: value for name, value in defaults.items() if value is not None and name not in replaced}
