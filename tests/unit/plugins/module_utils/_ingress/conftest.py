# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on loopback for each test that asks for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from .played import Played


@pytest.fixture
def played() -> Iterator[Played]:
    pytest.importorskip("requests")
    with Played() as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()
