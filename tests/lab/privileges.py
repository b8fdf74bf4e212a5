# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether we may do what only root may, and not each root: one in a container has less."""

from __future__ import annotations

import os
from pathlib import Path

# Bits of the kernel's linux/capability.h.
_BITS = {"NET_ADMIN": 12, "SYS_ADMIN": 21}


def lacking(capabilities: tuple[str, ...]) -> str:
    """Return why we may not do what needs root with these capabilities, or an empty text."""
    if os.geteuid() != 0:
        return "needs root"
    absent = [name for name in capabilities if not _effective() & (1 << _BITS[name])]
    return f"root has no capability {', '.join(absent)} here" if absent else ""


def _effective() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("CapEff:")), 16)
