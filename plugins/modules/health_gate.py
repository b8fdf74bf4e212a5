#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: health_gate
short_description: Pass when checks of a service have passed often enough
version_added: 1.0.0
"""

EXAMPLES = r"""
"""

RETURN = r"""
"""

from ansible_collections.day2.ops.plugins.module_utils._checks.operation import SPEC, run_gate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, run_gate)


if __name__ == "__main__":
    main()
