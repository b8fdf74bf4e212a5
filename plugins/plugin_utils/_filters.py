# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's filters share: errors that Ansible tells as one line."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, TypeVar

from ansible.errors import AnsibleFilterError
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

Function = TypeVar("Function", bound=Callable[..., Any])


def told_as_filter_error(function: Function) -> Function:
    """Return ``function`` with our errors as those of Ansible's filters."""

    @wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except OpsError as error:
            raise AnsibleFilterError(str(error)) from error

    return wrapped  # type: ignore[return-value]
