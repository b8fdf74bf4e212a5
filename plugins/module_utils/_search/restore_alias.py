# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Mode alias: restored beside what is there, compared, and then what an alias leads to, for all indices at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .._core.errors import InputError, OpsError
from .answers import Conflict
from .connection import Client, part
from .restore_naming import Renaming, literal
from .restore_new import require_free, taken_back, was_restored
from .restore_options import ALIAS, Options
from .restore_present import present
from .restore_room import Size
from .restore_work import Work
from .snapshots import Snapshot

# What an answer has of an alias, and ``_aliases`` takes.
_PROPERTIES = ("filter", "index_routing", "search_routing", "is_write_index", "is_hidden")


@dataclass(frozen=True)
class Swap:
    """An alias that is to lead elsewhere. :param old: to where it leads now; None when there is no such alias."""

    alias: str
    old: str | None
    new: str

    def told(self) -> dict[str, str | None]:
        """Return it for a result."""
        return {"alias": self.alias, "from": self.old, "to": self.new}


class Alias:
    """See :class:`.restore_work.Mode`."""

    NAME: ClassVar[str] = ALIAS

    def __init__(self, work: Work) -> None:
        self.work = work
        self._swaps: list[Swap] = []

    @staticmethod
    def renaming(options: Options, snapshot: Snapshot) -> Renaming | None:
        """Rename as was asked, or to ``NAME-restored-SNAPSHOT``."""
        return options.renaming or Renaming("^(.+)$", f"$1-restored-{literal(snapshot.name)}")

    @staticmethod
    def aliases(_options: Options) -> bool:
        """Restore none."""
        return False

    def look(self) -> None:
        """See which aliases lead where. :raises OpsError: that is not clear."""
        work = self.work
        if work.streams:
            raise Conflict(f"{', '.join(work.streams)}: mode: alias is not for data streams", on=work.on)
        unknown = sorted(set(work.options.aliases) - set(work.targets))
        if unknown:
            raise InputError(f"aliases: {', '.join(unknown)} is not restored", on=work.on, advice="see indices")
        self._swaps = [self._swap(source, target) for source, target in sorted(work.targets.items())]
        work.resumed = was_restored(work)
        if not work.resumed:
            require_free(work, list(work.targets.values()))

    def _swap(self, source: str, target: str) -> Swap:
        """Return what is swapped for an index. :raises Conflict: nobody can know what its alias replaces."""
        there = self.work.there
        alias = self.work.options.aliases.get(source, source)
        if alias in there.indices or alias in there.streams:
            known = there.indices[alias].aliases if alias in there.indices else ()
            advice = "name one for it in aliases" + (
                f", as {', '.join(known[:3])}" if known else ", or take mode: in_place"
            )
            raise Conflict(f"{alias} is {there.what(alias)}, not an alias", on=self.work.on, advice=advice)
        leads = there.leads_to(alias)
        sources = [name for name in self.work.targets if self.work.options.aliases.get(name, name) == alias]
        others = [name for name in leads if name not in [self.work.targets[one] for one in sources]]
        if target in leads and not others:
            return Swap(alias, target, target)
        if len(leads) > 1 and not set(others) <= set(sources):
            raise Conflict(
                f"the alias {alias} leads to {len(others)} indices ({', '.join(others[:3])}), not all of them replaced",
                on=self.work.on,
                advice="nobody can know which is to be replaced; swap it by hand after mode: new",
            )
        if len(leads) > 1:
            others = [source] if source in others else []
        return Swap(alias, others[0] if others else None, target)

    def needed(self) -> Mapping[str, Size]:
        """Return the sizes of all."""
        return self.work.sizes

    def plan(self) -> dict[str, Any]:
        """Return what would be swapped."""
        return {"swapped": [swap.told() for swap in self._wanted()]}

    def _wanted(self) -> list[Swap]:
        return [swap for swap in self._swaps if swap.old != swap.new]

    def begin(self) -> None:
        """There is nothing to do before."""

    def refused(self) -> str:
        """There is nothing to undo."""
        return "nothing was made, and no alias was changed"

    def unclear(self) -> str:
        """Nothing helps."""
        return ""

    def failed(self, red: bool) -> str:
        """Remove what was made, when it is of no use."""
        return f"no alias was changed; {taken_back(self.work, red)}"

    def short(self) -> dict[str, Any]:
        """Leave what was restored as it is, to be looked at."""
        return {"swapped": [], "undo": None}

    def finish(self) -> dict[str, Any]:
        """Swap all aliases in one step. :raises OpsError: none is."""
        wanted = self._wanted()
        if not wanted:
            return {"swapped": [], "undo": None}
        try:
            self._require_unchanged(wanted)
            there, back = _actions(self.work.client, wanted)
            self.work.client.ask("POST", "_aliases", body={"actions": there})
        except OpsError as error:
            raise OpsError(
                f"the aliases could not be changed: {error.failed}",
                on=error.on,
                advice=f"what was restored is kept; the same call again{self.work.again} changes them",
            ) from error
        return {"swapped": [swap.told() for swap in wanted], "undo": {"actions": back}}

    def _require_unchanged(self, wanted: list[Swap]) -> None:
        """Refuse when an alias leads elsewhere than before the restore, which may take hours. :raises Conflict: so."""
        now, before = present(self.work.client), self.work.there
        for alias in sorted({swap.alias for swap in wanted}):
            was, leads = before.leads_to(alias), now.leads_to(alias)
            if was != leads:
                raise Conflict(
                    f"{alias} led to {', '.join(was) or 'nothing'} before, and to {', '.join(leads) or 'nothing'} now",
                    on=self.work.on,
                )


def _actions(client: Client, swaps: list[Swap]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what ``_aliases`` is asked to do, and what undoes it. An alias keeps its filter and routing."""
    there: list[dict[str, Any]] = []
    back: list[dict[str, Any]] = []
    for swap in swaps:
        words = {} if swap.old is None else _properties(client, swap.old, swap.alias)
        back.append({"remove": {"index": swap.new, "alias": swap.alias}})
        if swap.old is not None:
            there.append({"remove": {"index": swap.old, "alias": swap.alias}})
            back.append({"add": {"index": swap.old, "alias": swap.alias, **words}})
        there.append({"add": {"index": swap.new, "alias": swap.alias, **words}})
    return there, back


def _properties(client: Client, index: str, alias: str) -> dict[str, Any]:
    found = client.ask("GET", f"{part(index)}/_alias/{part(alias)}")
    of = found[index]["aliases"][alias]
    return {name: of[name] for name in _PROPERTIES if name in of}
