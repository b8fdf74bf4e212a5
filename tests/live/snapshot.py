# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database as it was, for tests that begin where a worker has ended: to run one takes seconds."""

from __future__ import annotations

from typing import Any

Client = Any


class Snapshot:
    """What a database of Redis held."""

    def __init__(self) -> None:
        self._held: list[tuple[bytes, bytes, int]] = []

    def take(self, client: Client) -> None:
        """Keep all that is there."""
        keys = client.keys("*")
        self._held = [(key, client.dump(key), max(client.pttl(key), 0)) for key in keys]

    def restore(self, client: Client) -> bool:
        """Put into an empty database what was kept; False when that is nothing."""
        with client.pipeline() as pipeline:
            for key, dumped, lives in self._held:
                pipeline.restore(key, lives, dumped)
            pipeline.execute()
        return bool(self._held)
