# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every server of the lab is: a file of its own with one class behind this protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from .home import Home

MadeOf = TypeVar("MadeOf")


class Server(ABC):
    """A server by name, with the names of those it needs."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    on_request: ClassVar[bool] = False  # heavy: started when it is named, not with all others

    def __init__(self, home: Home) -> None:
        self.home = home

    def missing(self) -> str:
        """Return why this machine cannot run the server, or an empty text when it can."""
        return ""

    @abstractmethod
    def start(self) -> None:
        """Make the server run and return when it is ready; nothing to do when it is.

        The first start chooses ports and passwords and writes the facts; later ones keep them.
        """

    @abstractmethod
    def process_names(self) -> tuple[str, ...]:
        """Return its processes, in the order of their start."""

    def is_up(self) -> bool:
        """Tell whether it was started and all its processes run."""
        return self.name in self.home.facts and all(self.home.runs(part) for part in self.process_names())

    def start_process(self, _name: str) -> None:
        """Make one of its processes run again, and return when it is ready."""
        self.start()

    def stop(self) -> None:
        """Stop its processes, if they run."""
        for name in reversed(self.process_names()):
            self.home.stop(name)

    def remove(self) -> None:
        """Stop what it has started, for good, and take away what it has put outside the lab's folder."""
        self.stop()


class OnPorts(Server, Generic[MadeOf]):
    """A server that is launched by facts, which are made once, of free ports."""

    ports: ClassVar[int] = 1  # so many

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch(self.home.facts[self.name])  # type: ignore[literal-required]
        else:
            self.home.on_free_ports(self.ports, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        facts = self._new_facts(ports)
        self._launch(facts)
        self.home.facts[self.name] = facts  # type: ignore[literal-required]
        self.home.save()

    @abstractmethod
    def _new_facts(self, ports: list[int]) -> MadeOf:
        """Return what the lab tells of it."""

    @abstractmethod
    def _launch(self, facts: MadeOf) -> None:
        """Make it run, and return when it is ready; raises PortTakenError when it cannot have its port."""
