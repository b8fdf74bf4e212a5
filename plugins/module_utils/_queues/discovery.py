# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Finding queues in a Redis: a bounded look through its keys, and descriptions that can be pasted into ``queues``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core import redis_connection
from .._core.errors import OpsError
from .redis_server import RedisMeasurer, Steps, ask
from .redis_stream import as_fields

_STEP = 1000
_SIZE = {"list": "LLEN", "zset": "ZCARD", "stream": "XLEN"}
_DEAD_NAMES = ("{}:dead", "{}:dlq", "{}:failed", "DLQ:{}", "dlq:{}", "dead:{}")
_ARQ_SUFFIX = ":health-check"
_INNER = ("asynq:", "arq:", "rq:", "_kombu.")
_RQ_QUEUE = "rq:queue:"
# Celery's bindings of an exchange to queues; those of these exchanges are for Celery's own messages.
_KOMBU = "_kombu.binding."
_KOMBU_SEPARATOR = "\x06\x16"
_CELERYS_OWN = ("celery.pidbox", "celeryev", "reply.celery.pidbox")

Description = dict[str, Any]


@dataclass
class _Keys:
    """The keys that were looked at, by name: what they are and how much they hold."""

    types: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    lowest_scores: dict[str, float] = field(default_factory=dict)
    asynq_queues: list[str] = field(default_factory=list)
    rq_queues: list[str] = field(default_factory=list)
    celery_queues: set[str] = field(default_factory=set)
    looked_at: int = 0
    complete: bool = False

    def of_type(self, kind: str) -> list[str]:
        """Return the keys of that type which are not the inside of a library, in order."""
        return sorted(key for key, actual in self.types.items() if actual == kind and not self._is_inner(key))

    def _is_inner(self, key: str) -> bool:
        celerys = bool(self.celery_queues) and (
            key == "unacked_index" or key.partition(_KOMBU_SEPARATOR)[0] in self.celery_queues
        )
        return celerys or key.startswith(_INNER)


def discover(options: Mapping[str, Any], match: str, limit: int) -> dict[str, Any]:
    """Return what looks like queues: ``queues`` (descriptions), ``sizes`` by name, ``looked_at``, ``complete``.

    Keys whose names are not text are left out.

    :param options: of the connection, validated. :param match: a pattern that keys must match.
    :param limit: how many keys are looked at, more or less; the server counts in steps.
    :raises OpsError: no connection, no permission.
    """
    where = redis_connection.where(options)
    measurer = RedisMeasurer(redis_connection.connect(options), where)
    try:
        (keys,) = measurer.converse([_looked_through(match, limit, where)])
    finally:
        measurer.close()
    if isinstance(keys, OpsError):
        raise keys
    found = [
        *_asynq(keys),
        *_arq(keys),
        *_rq(keys),
        *_celery(keys),
        *_streams(keys),
        *_lists(keys),
        *_sorted_sets(keys),
    ]
    sizes = {one["name"]: keys.sizes[one["key"]] for one in found if "key" in one}
    return {"queues": found, "sizes": sizes, "looked_at": keys.looked_at, "complete": keys.complete}


def _looked_through(match: str, limit: int, on: str) -> Steps[_Keys]:
    keys = _Keys()
    cursor: bytes = b"0"
    while keys.looked_at < limit and not keys.complete:
        step = min(_STEP, limit - keys.looked_at)
        ((cursor, names),) = yield from ask("", on, ("SCAN", cursor, "MATCH", match, "COUNT", step))
        keys.looked_at += step
        keys.complete = cursor == b"0"
        yield from _look_at([name for name in map(_text, names) if name and name not in keys.types], keys, on)
    return keys


def _look_at(names: list[str], keys: _Keys, on: str) -> Steps[None]:
    """Note type and size of each key, and what else tells how it is used."""
    types = yield from ask("", on, *(("TYPE", name) for name in names))
    keys.types.update(zip(names, map(bytes.decode, types)))
    sized = [name for name in names if keys.types[name] in _SIZE]
    sizes = yield from ask("", on, *((_SIZE[keys.types[name]], name) for name in sized))
    keys.sizes.update(zip(sized, sizes))

    streams = [name for name in names if keys.types[name] == "stream"]
    groups = yield from ask("", on, *(("XINFO GROUPS", name) for name in streams))
    for name, of in zip(streams, groups):
        keys.groups[name] = list(filter(None, (_text(as_fields(one)["name"]) for one in of)))

    sets = [name for name in names if keys.types[name] == "zset"]
    firsts = yield from ask("", on, *(("ZRANGE", name, 0, 0, "WITHSCORES") for name in sets))
    keys.lowest_scores.update({name: float(first[1]) for name, first in zip(sets, firsts) if first})
    yield from _look_into_sets(names, keys, on)


def _look_into_sets(names: list[str], keys: _Keys, on: str) -> Steps[None]:
    """Note the queues that libraries keep a list of."""
    own = [_KOMBU + exchange for exchange in _CELERYS_OWN]
    sets = [
        name
        for name in names
        if keys.types[name] == "set"
        and (name in ("asynq:queues", "rq:queues") or (name.startswith(_KOMBU) and name not in own))
    ]
    answers = yield from ask("", on, *(("SMEMBERS", name) for name in sets))
    for name, members in zip(sets, answers):
        texts = sorted(filter(None, map(_text, members)))
        if name == "asynq:queues":
            keys.asynq_queues = texts
        elif name == "rq:queues":
            keys.rq_queues = [text[len(_RQ_QUEUE) :] for text in texts if text.startswith(_RQ_QUEUE)]
        else:
            keys.celery_queues.update(filter(None, (text.rpartition(_KOMBU_SEPARATOR)[2] for text in texts)))


def _text(name: bytes) -> str:
    """Return a name, or nothing when it is not text."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return ""


def _asynq(keys: _Keys) -> Iterator[Description]:
    for queue in keys.asynq_queues:
        yield {"name": queue, "kind": "asynq"}


def _arq(keys: _Keys) -> Iterator[Description]:
    """Find arq's queues: by their name, or by the sign of life that stands beside them even while they are empty."""
    alive = {key[: -len(_ARQ_SUFFIX)] for key in keys.types if key.endswith(_ARQ_SUFFIX)}
    queues = {key for key, kind in keys.types.items() if kind == "zset" and (key == "arq:queue" or key in alive)}
    for key in sorted(queues | {key for key in alive if key.startswith("arq:")}):
        keys.sizes.setdefault(key, 0)
        yield {"name": key, "kind": "arq", "key": key}


def _rq(keys: _Keys) -> Iterator[Description]:
    for queue in keys.rq_queues:
        yield {"name": queue, "kind": "rq"}


def _celery(keys: _Keys) -> Iterator[Description]:
    lists = [key for key, kind in keys.types.items() if kind == "list"]
    for queue in sorted(keys.celery_queues):
        dead = _dead_letters([queue, *lists]).get(queue)
        yield {"name": queue, "kind": "celery", **({"dead": dead} if dead else {})}


def _streams(keys: _Keys) -> Iterator[Description]:
    streams = keys.of_type("stream")
    dead = _dead_letters(streams)
    for key in streams:
        if key in dead.values():
            continue
        extra = {"dead": dead[key]} if key in dead else {}
        groups = keys.groups[key]
        for group in groups:
            name = key if len(groups) == 1 else f"{key}/{group}"
            yield {"name": name, "kind": "redis_stream", "key": key, "group": group, **extra}
        if not groups:
            yield {"name": key, "kind": "redis_stream", "key": key, **extra}


def _lists(keys: _Keys) -> Iterator[Description]:
    celerys = {description.get("dead") for description in _celery(keys)}
    lists = [key for key in keys.of_type("list") if key not in celerys]
    dead = _dead_letters(lists)
    taken = set(dead.values())
    for key, letters in _emptied(lists).items():
        taken.add(letters)
        keys.sizes.setdefault(key, 0)
        yield {"name": key, "kind": "redis_list", "key": key, "dead": letters}
    for key in lists:
        of_workers = [other for other in lists if other.startswith(f"{key}:processing:")]
        taken.update(of_workers)
        if key not in taken:
            extra: Description = {"dead": dead[key]} if key in dead else {}
            if of_workers:
                extra["in_flight"] = [f"{key}:processing:*"]
            yield {"name": key, "kind": "redis_list", "key": key, **extra}


def _sorted_sets(keys: _Keys) -> Iterator[Description]:
    for key in keys.of_type("zset"):
        if f"{key}{_ARQ_SUFFIX}" not in keys.types:
            score = _unit(keys.lowest_scores.get(key, 0.0))
            yield {"name": key, "kind": "redis_sorted_set", "key": key, "score": score}


def _unit(score: float) -> str:
    """Guess what a score means: times since 2001 have their own orders of magnitude."""
    if 1e9 <= score < 1e11:
        return "seconds"
    return "milliseconds" if 1e12 <= score < 1e14 else "none"


def _emptied(lists: list[str]) -> dict[str, str]:
    """Return, by queue, lists of dead letters whose queue is not there: Redis removes a list that is empty."""
    there = set(lists)
    found: dict[str, str] = {}
    for letters in lists:
        for pattern in _DEAD_NAMES:
            before, after = pattern.split("{}")
            name = letters[len(before) : len(letters) - len(after)]
            if name and letters == pattern.format(name) and name not in there:
                found.setdefault(name, letters)
    return found


def _dead_letters(names: list[str]) -> dict[str, str]:
    """Return, by queue, the key that is named as its dead letters."""
    there = set(names)
    return {name: dead for name in names for dead in (pattern.format(name) for pattern in _DEAD_NAMES) if dead in there}
