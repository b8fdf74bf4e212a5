# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of an inventory as a plugin on the controller finds them: variables with templates still in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.known_secrets import concerns, secrets_among


def known_secrets(templar: Any, variables: Mapping[str, Any], *more: Any) -> set[str]:
    """Return the secrets among the variables of a host, and in ``more`` structures that have no templates in them."""
    resolved = {name: _resolved(templar, variables[name]) for name in variables if concerns(str(name))}
    return secrets_among({**resolved, **{str(number): value for number, value in enumerate(more)}})


def _resolved(templar: Any, value: Any) -> Any:
    """Return a value with its templates resolved as far as they can be; what cannot be is none that could be shown."""
    try:
        return templar.template(value)
    except Exception:  # of Jinja, of lookups, of Ansible: whatever it is, a report must not fail for it
        if isinstance(value, Mapping):
            return {name: _resolved(templar, inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [_resolved(templar, inner) for inner in value]
        return None
