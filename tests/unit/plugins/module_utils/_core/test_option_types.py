# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of options that Ansible lacks."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.option_types import port_number, regular_expression

SPEC = ArgSpec(options={"port": {"type": port_number}, "pattern": {"type": regular_expression}})


def test_what_fits() -> None:
    assert SPEC.validate({"port": "8080", "pattern": "^a+$"}, "here") == {"port": 8080, "pattern": "^a+$"}


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("port", 0, "expected a number from 1 to 65535"),
        ("port", 65536, "expected a number from 1 to 65535"),
        ("port", "http", "expected a number from 1 to 65535"),
        ("port", True, "expected a number from 1 to 65535"),
        ("pattern", "(", "missing \\)"),
    ],
)
def test_what_does_not_fit_is_named(option: str, value: object, words: str) -> None:
    with pytest.raises(InputError, match=f"here: .*'{option}'.*{words}") as caught:
        SPEC.validate({option: value}, "here")
    assert "\n" not in str(caught.value)
