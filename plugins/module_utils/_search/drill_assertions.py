# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What must hold of the data that a drill restored: how many documents a query finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .connection import Client, part
from .documents import portions
from .names import check_indices

SPEC = ArgSpec(
    options={
        "index": {"type": "str", "required": True},
        "query": {"type": "dict"},
        "count": {"type": "int"},
        "min": {"type": "int"},
        "max": {"type": "int"},
    },
    mutually_exclusive=[("count", "min"), ("count", "max")],
    required_one_of=[("count", "min", "max")],
)


@dataclass
class Assertion:
    """A question, and what it is to find. :param found: documents so far; None when nobody was asked."""

    number: int
    index: str
    query: Mapping[str, Any]
    least: int | None
    most: int | None
    found: int | None = None

    def means(self, indices: Iterable[str]) -> list[str]:
        """Return those of the indices that it is about."""
        pattern = self.index.replace("[", "[[]")
        return sorted(name for name in indices if fnmatchcase(name, pattern))

    def ask(self, client: Client, scratch: Sequence[str]) -> None:
        """Add what is found in these indices. :raises OpsError: the query cannot be read, or not all shards answer."""
        for some in portions(scratch):
            answer = client.tried("POST", f"{','.join(map(part, some))}/_count", body={"query": dict(self.query)})
            if answer.status == 400:
                raise OpsError(f"{self}: {answer.reason}")
            shards = answer.result()["_shards"]
            if shards["successful"] < shards["total"]:
                raise OpsError(f"{self}: {shards['successful']} of {shards['total']} shards answered")
            self.found = (self.found or 0) + int(answer.body["count"])

    def __str__(self) -> str:
        return f"assertions[{self.number}] ({self.index})"

    def wrong(self) -> str:
        """Return what is wrong with what was found, in words; empty for nothing."""
        found = self.found
        if found is None:
            return f"{self} was not asked"
        if (self.least is not None and found < self.least) or (self.most is not None and found > self.most):
            return f"{self} finds {found} documents, expected {self._expected()}"
        return ""

    def _expected(self) -> str:
        if self.least == self.most:
            return str(self.least)
        told = (("at least", self.least), ("at most", self.most))
        return " and ".join(f"{word} {number}" for word, number in told if number is not None)

    def told(self) -> dict[str, Any]:
        """Return it for a result."""
        return {"index": self.index, "found": self.found, "holds": not self.wrong()}


def assertions_of(given: Sequence[Mapping[str, Any]]) -> list[Assertion]:
    """Return those that ``SPEC`` has validated. :raises InputError: no such index; one bound is beyond the other."""
    return [_assertion(number, one) for number, one in enumerate(given)]


def _assertion(number: int, given: Mapping[str, Any]) -> Assertion:
    where = f"assertions[{number}]"
    check_indices([given["index"]], f"{where}: index")
    count = given.get("count")
    least, most = (count, count) if count is not None else (given.get("min"), given.get("max"))
    if least is not None and most is not None and least > most:
        raise InputError(f"{where}: min is {least}, more than max, {most}")
    return Assertion(number, given["index"], given.get("query") or {"match_all": {}}, least, most)


def require_about(assertions: Iterable[Assertion], indices: Sequence[str]) -> None:
    """Refuse an assertion about nothing that is restored. :raises InputError: so."""
    for one in assertions:
        if not one.means(indices):
            raise InputError(f"{one} is about no index that is restored", advice="see indices and sample")
