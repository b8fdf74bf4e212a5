# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the kernel holds of its own clock: adjtimex(2), which anybody may ask, whatever program keeps the clock."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

from .errors import NotThere

# The kernel lets the error grow from the last time that somebody set the clock right, and no further than this. systemd
# judges by it too, rather than by the flag STA_UNSYNC, which some programs leave up so that the kernel does not touch
# the hardware's clock.
_WORST_ERROR = 16.0
_MICRO = 1e-6


class _Timex(ctypes.Structure):
    """The beginning of struct timex, as the C library has it, and room for its rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),  # 0: only read
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_byte * 512),
    )


@dataclass(frozen=True)
class KernelClock:
    """Whether something keeps the clock right, and by how many seconds it is off at the most."""

    synchronized: bool
    max_error: float


def read_kernel_clock() -> KernelClock:
    """Ask the kernel. Raises NotThere where it does not tell."""
    state = _Timex()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state))
    except (OSError, AttributeError) as error:
        raise NotThere("this system does not tell whether its clock is kept right") from error
    if answer < 0:
        raise NotThere(f"the kernel does not tell of its clock ({os.strerror(ctypes.get_errno())})")
    max_error = state.maxerror * _MICRO
    return KernelClock(max_error < _WORST_ERROR, round(max_error, 6))
