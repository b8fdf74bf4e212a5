# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The sources of logs by the option that names one, and reading from whichever is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

from .._core.argspec import ArgSpec
from .._core.docker_connection import SPEC as DOCKER
from .._core.durations import duration
from .base import DEFAULT_BYTES, Budget, Entry, Options, Source
from .files import SPEC as FILES
from .journal import SPEC as JOURNAL


def _files() -> Source:
    from . import files

    return files


def _journal() -> Source:
    from . import journal

    return journal


def _container() -> Source:
    from . import container

    return container


SOURCES: dict[str, Callable[[], Source]] = {
    "path": _files,
    "glob": _files,
    "journal_unit": _journal,
    "container": _container,
}

SPEC = (
    FILES
    + JOURNAL
    + DOCKER
    + ArgSpec(
        options={
            "container": {"type": "str"},
            "since": {"type": duration},
            "max_bytes": {"type": "bytes", "default": DEFAULT_BYTES},
        },
        mutually_exclusive=[tuple(SOURCES)],
        required_one_of=[tuple(SOURCES)],
    )
)


def entries(options: Options, since: float, budget: Budget) -> Iterator[Entry]:
    """Yield the entries from ``since`` on of the source that ``options`` (validated by ``SPEC``) name.

    Raises as :meth:`.base.Source.read`.
    """
    (named,) = (option for option in SOURCES if options.get(option))
    return SOURCES[named]().read(options, since, budget)
