# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service as the lab's plain processes, which it is anyway."""

from __future__ import annotations

from typing import Any

from .place import Place


class Processes(Place):
    """Its runtime is that of the demo's inventory."""

    kind = "process"
    servers = ("redis", "postgres", "service", "webhook")

    def start_service(self) -> None:
        """See Place.start_service: the lab has."""

    def runtime(self) -> dict[str, Any]:
        """See Place.runtime."""
        return {}
