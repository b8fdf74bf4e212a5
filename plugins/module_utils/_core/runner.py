# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The only place that talks to Ansible: arguments in, one ``exit_json`` or ``fail_json`` out."""

from __future__ import annotations

import os
import traceback
from typing import Any, Callable, NoReturn

from ansible.module_utils.basic import AnsibleModule

from .argspec import ArgSpec
from .errors import OpsError, one_line
from .result import Result
from .secrets import option_secrets

Operation = Callable[[dict[str, Any], bool], Result]


class _Module(AnsibleModule):
    """An AnsibleModule that also knows the secrets inside free-form options before it says anything.

    It may leave while it is being made, when an option is wrong, and then tells how it was called, with all options.
    """

    def _log_invocation(self) -> None:
        self._know_secrets()
        super()._log_invocation()

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        """Leave with an error. See Ansible's own."""
        self._know_secrets()
        super().fail_json(msg, **kwargs)
        raise AssertionError  # for type checkers: it has left

    def exit_json(self, **kwargs: Any) -> NoReturn:
        """Leave with a result. See Ansible's own."""
        self._know_secrets()
        super().exit_json(**kwargs)
        raise AssertionError

    def add_path_info(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Leave what is returned as it is: Ansible would put the size, mode and owner of ``path`` in place of ours."""
        return kwargs

    def _know_secrets(self) -> None:
        self.no_log_values.update(option_secrets(self.params))


def _where(error: BaseException) -> str:
    """Return file:line of the innermost frame of an unexpected error."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "unknown place"


def _fail_unexpected(module: AnsibleModule, error: Exception) -> None:
    """Tell about a fault of ours in one line; the traceback is for those who ask for it with -vvv."""
    extra = {"exception": traceback.format_exc()} if module._verbosity >= 3 else {}
    what = one_line(f"{type(error).__name__}: {error}", 300)
    module.fail_json(
        msg=f"unexpected error in day2.ops at {_where(error)}: {what}; please report it, with the output of -vvv",
        **extra,
    )


def run(spec: ArgSpec, operation: Operation, supports_check_mode: bool = True) -> None:
    """Run ``operation(params, check_mode)`` as an Ansible module. Does not return.

    :raises SystemExit: always, after the result was printed.
    """
    module = _Module(argument_spec=spec.options, supports_check_mode=supports_check_mode, **spec.rules())
    try:
        result = operation(module.params, module.check_mode)
    except OpsError as error:
        module.fail_json(msg=str(error), **error.details)
    except Exception as error:  # the last net: no traceback reaches a user
        _fail_unexpected(module, error)
    for warning in result.warnings:
        module.warn(one_line(warning))
    if result.failed:
        module.fail_json(**result.as_exit_arguments())
    module.exit_json(**result.as_exit_arguments())
