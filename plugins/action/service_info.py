# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at parts of a service in the controller's own process where that may be, else by the module on its host."""

from __future__ import annotations

from ansible_collections.day2.ops.plugins.module_utils._core.libraries import load_if_there
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.plugin_utils._here_first import HereFirst

# The class is loaded once, in the process that all workers are copies of: they find this imported already.
load_if_there("requests")


class ActionModule(HereFirst):
    """See the documentation of the module ``day2.ops.service_info``."""

    SPEC = SPEC
    OPERATION = staticmethod(operate)
