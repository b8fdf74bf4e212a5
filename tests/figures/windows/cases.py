# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the figures: what each gives to the window, what breaks around it or in its middle, how it must end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from ansible_collections.day2.ops.tests.lab.demo.stores import open_postgres
from ansible_collections.day2.ops.tests.lab.privileges import lacking

from ..disks import fill, mounted
from ..watched import Watched
from .place import Place

SECONDS = 400.0
DONE, FAILED, REFUSED, STUCK = "done", "failed", "refused", "stuck"
REOPENED = r".*\(undone: .*second, first; the ingress is open again\)$"

_OPENS = r"^TASK \[.*Open the ingress and see it open"

Trouble = Callable[[Place], AbstractContextManager[object]]
Meanwhile = Callable[[Place, Watched], None]


def no_trouble(_place: Place) -> AbstractContextManager[object]:
    """Leave all as it is."""
    return contextlib.nullcontext()


def nothing(_place: Place, _controller: Watched) -> None:
    """Do nothing meanwhile."""


def nothing_missing(_place: Place) -> str:
    """Need nothing."""
    return ""


@dataclass(frozen=True)
class Case:
    """work: the row's name. says: pattern of the line that the run ends with. given: variables.

    ends: done; failed, and undone; refused, with nothing touched; or stuck, so that a second run opens the ingress.
    trouble: there from before the run until it has been looked at. meanwhile: what happens while it runs.
    warns: pattern of what is said before the last line. missing: why this machine cannot try it.
    errors: whether clients may meet another answer than 202 and 503. talks: whether Ansible shows what a hook prints.
    """

    work: str
    says: str
    given: Callable[[Place], Mapping[str, Any]]
    ends: str = FAILED
    trouble: Trouble = no_trouble
    meanwhile: Meanwhile = nothing
    fails: bool = False
    warns: str = ""
    missing: Callable[[Place], str] = nothing_missing
    errors: bool = False
    talks: bool = False
    short: bool = False


def given(**variables: Any) -> Callable[[Place], Mapping[str, Any]]:
    """Return these variables, wherever the lab is."""
    return lambda _place: variables


def step(name: str, **more: Any) -> dict[str, Any]:
    """Return variables with one more step."""
    return {"day2_maintenance_steps__of_the_fault": [{"name": name, **more}]}


def broken(server: str, how: str) -> Trouble:
    """Break a server of the lab from before the run on."""

    @contextlib.contextmanager
    def trouble(place: Place) -> Iterator[None]:
        place.lab.break_server(server, how)
        try:
            yield
        finally:
            place.lab.mend(server, how)

    return trouble


@contextlib.contextmanager
def mended(place: Place) -> Iterator[None]:
    """Mend all that was broken meanwhile."""
    try:
        yield
    finally:
        place.lab.mend_all()


@contextlib.contextmanager
def _hanging(place: Place, controller: Watched) -> Iterator[None]:
    """Keep each worker from ending the order in its hand, once all was seen to be well: the table is locked."""
    controller.await_condition("the baseline was noted", lambda: place.noted("preflight", "done"), SECONDS)
    with open_postgres(place.lab.facts["postgres"]) as connection, connection.transaction():
        connection.execute("LOCK TABLE orders IN EXCLUSIVE MODE")
        yield


def orders_hang(place: Place, controller: Watched) -> None:
    """Have orders that hang until it is given up to drain."""
    with _hanging(place, controller):
        controller.await_line(_OPENS, SECONDS)


@contextlib.contextmanager
def small_disk(place: Place) -> Iterator[None]:
    """Have the journal on a disk of its own, which holds little."""
    with mounted(place.folder / "state", 1 << 20):
        yield


@contextlib.contextmanager
def full_disk(place: Place) -> Iterator[None]:
    """Have the journal on a disk of its own, which is full."""
    with small_disk(place):
        fill(place.folder / "state/filler")
        yield


def may_not_mount(_place: Place) -> str:
    """Tell why there can be no disk of its own here."""
    return lacking(("SYS_ADMIN",))


def await_mark(place: Place, controller: Watched, mark: str) -> None:
    """Return once a step has left the mark."""
    controller.await_condition(f"'{mark}' was marked", lambda: bool(place.marks(mark)), SECONDS)


def redis_stops_in_a_step(place: Place, controller: Watched) -> None:
    """Stop Redis in the middle of a step, for good."""
    await_mark(place, controller, "begins second")
    place.lab.break_server("redis", "stop")


def redis_comes_back(place: Place, controller: Watched) -> None:
    """Stop Redis in the middle of a step, and start it when all is undone, before the ingress can be opened."""
    redis_stops_in_a_step(place, controller)
    _start_redis_at_last(place, controller)


def redis_away_while_draining(place: Place, controller: Watched) -> None:
    """Stop Redis while the queues drain, and start it before the ingress can be opened."""
    with _hanging(place, controller):
        controller.await_line(r"^TASK \[.*Wait until the queues are drained", SECONDS)
        place.lab.break_server("redis", "stop")
        _start_redis_at_last(place, controller)


def _start_redis_at_last(place: Place, controller: Watched) -> None:
    controller.await_line(_OPENS, SECONDS)
    place.lab.mend("redis", "stop")


def disk_fills_in_a_step(place: Place, controller: Watched) -> None:
    """Fill the journal's disk in the middle of a step."""
    await_mark(place, controller, "begins second")
    fill(place.folder / "state/filler")
