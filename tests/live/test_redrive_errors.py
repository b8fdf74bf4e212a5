# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with a redrive is one clear line, and nothing is lost: some of the faults of the figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.tests.figures.errors import FigureError
from ansible_collections.day2.ops.tests.figures.queues.cases import CASES, Case
from ansible_collections.day2.ops.tests.figures.queues.faults import Place
from ansible_collections.day2.ops.tests.figures.queues.own_redis import NO_FILES, program, running
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server of the tests' own, and the module as a process."""
    try:
        program()
    except FigureError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("redrive")
    (port,) = free_ports(1)
    with running(folder, *NO_FILES, "--port", str(port), "--bind", HOST) as server:
        yield Place(server, port, folder)


@pytest.mark.parametrize("case", [case for case in CASES if case.short], ids=lambda case: case.work)
def test_a_fault_is_one_clear_line_and_nothing_is_lost(place: Place, case: Case) -> None:
    row = place.row(case)
    assert row.holds, row.made_of
