# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Backups of Redis: read in full by its own checker, loaded into a scratch server, compared with the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import OpsError
from .base import Rehearsal
from .opened import Opened
from .redis_assertions import SPEC as ASSERTION
from .redis_assertions import assert_all
from .redis_info import keyspace, number
from .redis_programs import check_program, look_first_in
from .redis_rdb import Counted, UnknownFormat, count
from .redis_scratch import FILE, Scratch, fault_told, magic_of, scratch_server
from .redis_types import count_types
from .streams import Command

REHEARSAL = ArgSpec(
    options={
        "bin_dir": {"type": "path"},
        "assertions": {"type": "list", "elements": "dict", "options": ASSERTION.options, "default": []},
    }
)
# A server that loads an RDB file compares its checksum, and checks each packed value, as the checker does.
RESTORING_READS_ALL = True


def read_in_full(backup: Opened) -> Mapping[str, Any]:
    """Have the file checked, and count what is in it. See Kind."""
    counted = checked(backup)
    return {**({} if counted is None else counted.told()), "checked_by": "redis-check-rdb"}


def checked(backup: Opened) -> Counted | None:
    """Have the file checked by redis-check-rdb, and return what is in it; None when it holds types not known here.

    :raises NotThere: there is no such program. :raises OpsError: it finds something wrong.
    """
    look_first_in(backup.bin_dir)
    with check_program(magic_of(backup)) as program:
        said: list[str] = []
        try:
            # it takes what it checks from its stdin: what is encrypted is plain nowhere but in pipes
            with backup.reading(FILE, [Command([program, "/dev/stdin"])]) as output:
                counted, ended = _counted_meanwhile(backup)
                said += output.read().decode("utf-8", "replace").splitlines()
        except OpsError as error:
            raise _why(error, said) from error
    if ended is not None:
        raise ended
    return counted


def _counted_meanwhile(backup: Opened) -> tuple[Counted | None, OpsError | None]:
    """Return what the file holds, or what is wrong with it, which the checker tells better."""
    try:
        return counted_if_known(backup), None
    except OpsError as error:
        return None, error


def _why(error: OpsError, said: list[str]) -> OpsError:
    """Return the error with what the checker wrote: that is on its stdout."""
    found = fault_told(said)
    return OpsError(error.failed, error.on, found) if found else error


def counted_if_known(backup: Opened) -> Counted | None:
    """Return what the file holds; None when it holds types that are not known here.

    :raises OpsError: it ends too early.
    """
    with backup.reading(FILE) as stream:
        try:
            return count(stream)
        except UnknownFormat:
            for _piece in iter(lambda: stream.read(1 << 20), b""):
                pass
            return None


@dataclass
class _Rehearsal:
    """A scratch server that holds the backup."""

    backup: Opened
    scratch: Scratch
    options: Mapping[str, Any]
    counted: Counted | None
    found: Mapping[str, Any]

    def compare(self) -> Mapping[str, Any]:
        """See Rehearsal.compare."""
        compared = compare_with_facts(self.found, self.backup.manifest.facts)
        asserted = assert_all(self.scratch.client, self.options["assertions"])
        return {**compared, "assertions": asserted}


@contextmanager
def rehearsed(backup: Opened, options: Mapping[str, Any]) -> Iterator[Rehearsal]:
    """Load the backup into a scratch server and compare what that holds with what is in the file. See Kind."""
    look_first_in(backup.bin_dir or options.get("bin_dir"))
    with scratch_server(backup) as scratch:
        try:
            counted = counted_if_known(backup)  # the server loads meanwhile
        except OpsError:
            scratch.loaded()  # which tells better what is wrong
            raise
        info = scratch.loaded()
        found = _found(scratch, info, counted)
        yield _Rehearsal(backup, scratch, options, counted, found)


def _found(scratch: Scratch, info: Mapping[str, str], counted: Counted | None) -> dict[str, Any]:
    """Return what the scratch server holds. :raises OpsError: that is not what is in the file."""
    expired = number(info, "rdb_last_load_keys_expired")
    seen = {
        "server": scratch.program.told,
        "loaded": number(info, "rdb_last_load_keys_loaded"),
        "expired_since": expired,
        "memory": number(info, "used_memory"),
    }
    held = keyspace(info)
    if counted is not None:
        require_held(held, counted, seen["loaded"], expired)
        return {**counted.told(), **seen}
    databases = {
        name: {**numbers, "types": count_types(scratch.client, int(name), "the scratch server")}
        for name, numbers in held.items()
    }
    keys = sum(numbers["keys"] for numbers in held.values())
    return {"keys": keys + (expired or 0), "databases": databases, **seen}


def require_held(held: Mapping[str, Mapping[str, int]], counted: Counted, loaded: Any, expired: int | None) -> None:
    """Compare what a server holds that has loaded a file with what is in the file.

    :param held: keys by database. :param loaded, expired: how many keys the server says that it has loaded, and not
        loaded as they had expired; None when it does not count them.
    :raises OpsError: it is not the same.
    """
    if isinstance(loaded, int) and expired is not None and loaded + expired != counted.keys:
        raise OpsError(f"{loaded + expired} keys were loaded, {counted.keys} are in the file")
    for number_, database in counted.databases.items():
        keys = held.get(str(number_), {}).get("keys", 0)
        if not database.keys - database.expires <= keys <= database.keys:
            raise OpsError(f"database {number_} holds {keys} keys, {database.keys} are in the file")


def compare_with_facts(found: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Compare keys, those that expire and types by database with what the source held; return what was compared.

    Where the source was written to at the moment of the backup, its facts are as inexact as there were changes.

    :raises OpsError: something differs by more, or what the source held is not known.
    """
    changes = facts.get("changes")
    if "databases" not in facts or not isinstance(changes, int):
        raise OpsError("what the source held at that moment is not known", advice="make another backup, or prove to L3")
    for name in sorted({*facts["databases"], *found["databases"]}, key=int):
        of_source, of_copy = facts["databases"].get(name, {}), found["databases"].get(name, {})
        for what, source, copy in _pairs(of_source, of_copy):
            if abs(source - copy) > changes:
                about = f", give or take {changes}" if changes else ""
                told = f"database {name}: {copy} {what} in the backup, {source} in the source{about}"
                raise OpsError(told, differences=[{"database": name, "what": what, "expected": source, "found": copy}])
    return {"compared": "keys and expires by database", "give_or_take": changes}


def _pairs(of_source: Mapping[str, Any], of_copy: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Yield what can be compared: a name, what the source held and what the copy holds."""
    yield "keys", of_source.get("keys", 0), of_copy.get("keys", 0)
    if "expires" in of_copy or not of_copy:
        yield "keys that expire", of_source.get("expires", 0), of_copy.get("expires", 0)
    if "types" in of_source:
        types = of_copy.get("types", {})
        for name in sorted({*of_source["types"], *types}):
            yield f"keys of the type {name}", of_source["types"].get(name, 0), types.get(name, 0)
