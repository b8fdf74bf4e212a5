# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup masked: the secrets of variables, whose templates it resolves."""

from __future__ import annotations

from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.day2.ops.plugins.lookup.masked import LookupModule

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 all text is a template

    def trust_as_template(value: str) -> str:
        return value


def masked(text: str, variables: dict[str, Any], **options: Any) -> str:
    loader = DataLoader()
    (found,) = LookupModule(loader=loader, templar=Templar(loader, variables)).run([text], variables, **options)
    return found


def test_templates_are_resolved_as_far_as_they_can_be() -> None:
    variables = {
        "where": "of-redis",
        "day2_redis": {
            "login_password": trust_as_template("pa55-{{ where }}"),
            "login_user": trust_as_template("{{ nobody_knows }}"),
        },
    }
    assert masked("login pa55-of-redis failed", variables) == "login *** failed"


def test_what_is_given_besides() -> None:
    assert masked("a t0ken-of-mine", {}, also=[{"token": "t0ken-of-mine"}]) == "a ***"


def test_what_a_program_said() -> None:
    said = "password=unheard-of https://me:too@a/ fails"
    assert masked(said, {}) == said
    assert masked(said, {}, foreign=True) == "password=*** https://***@a/ fails"
