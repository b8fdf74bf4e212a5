# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind ``diagnose_info``: look at a host from many sides, each of which may fail without the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from .disks import look_at_disks
from .found import Found
from .host import first_look, look_at_memory, second_look
from .last_lines import look_at_logs
from .network import Known, look_at_connections, look_at_sockets
from .options import SPEC, checked
from .service import look_at_parts, service_of

__all__ = ["SPEC", "operate"]

_WINDOW = 0.5  # seconds between the two looks that the use of CPUs is taken from


def operate(params: Mapping[str, Any], _check_mode: bool = False, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Look at all that ``params`` (the module's options) name. Reads only.

    :raises InputError: something is described wrongly; nothing has been looked at by then.
    """
    params = checked(params)
    found = Found()
    service = service_of(found, params)
    processes, sockets, started = first_look(found), look_at_sockets(found), clock.monotonic()
    instances = look_at_parts(found, service, params)
    look_at_disks(found, params["disks"])
    look_at_logs(found, params)
    clock.sleep(max(0.0, _WINDOW - (clock.monotonic() - started)))
    processes = second_look(found, processes, clock.monotonic() - started, params["top"])
    look_at_memory(found, processes, instances)
    if sockets is not None:
        look_at_connections(found, sockets, Known(params, service, instances, processes))
    return found.result()
