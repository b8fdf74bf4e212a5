# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of several groups, joined by Ansible's own templar."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.day2.ops.plugins.lookup.joined import LookupModule

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 all text is a template

    def trust_as_template(value: str) -> str:
        return value


def joined(*names: str, **variables: Any) -> list[Any]:
    loader = DataLoader()
    return LookupModule(loader=loader, templar=Templar(loader, variables)).run(list(names), variables)


def test_lists_add_up_in_the_order_of_their_names() -> None:
    found = joined("checks", checks__redis=[3], checks=[1], checks__app=[2], checksum=[9], other__a=[9], checks_x=[9])
    assert found == [1, 2, 3]


def test_nothing_there_is_nothing() -> None:
    assert joined("checks", other=[1]) == []


def test_several_names() -> None:
    assert joined("b", "a", a=[1], a__x=[2], b=[3]) == [3, 1, 2]


def test_templates_are_resolved() -> None:
    template = trust_as_template("{{ [port] }}")
    assert joined("checks", checks__a=template, port=6379) == [6379]


@pytest.mark.parametrize("value", ["text", {"a": 1}, 5, None])
def test_what_is_no_list_is_refused_by_name(value: Any) -> None:
    with pytest.raises(AnsibleError, match="the variable checks__a is not a list; expected a list"):
        joined("checks", checks__a=value)
