# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Argument specifications as typed values that can be added up, for modules and for the kinds inside a module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .errors import InputError

Options = dict[str, dict[str, Any]]
Names = Sequence[str]


@dataclass(frozen=True)
class ArgSpec:
    """Options and the rules between them, in the shapes that ``AnsibleModule`` takes.

    Specifications add up: ``CONNECTION + THRESHOLDS``; the right one wins where both have an option.
    """

    options: Options = field(default_factory=dict)
    mutually_exclusive: Sequence[Names] = ()
    required_together: Sequence[Names] = ()
    required_one_of: Sequence[Names] = ()
    required_if: Sequence[tuple[Any, ...]] = ()
    required_by: Mapping[str, Names] = field(default_factory=dict)

    def __add__(self, other: ArgSpec) -> ArgSpec:
        return ArgSpec(
            options={**self.options, **other.options},
            mutually_exclusive=[*self.mutually_exclusive, *other.mutually_exclusive],
            required_together=[*self.required_together, *other.required_together],
            required_one_of=[*self.required_one_of, *other.required_one_of],
            required_if=[*self.required_if, *other.required_if],
            required_by={**self.required_by, **other.required_by},
        )

    def for_options(self, _given: Mapping[str, Any]) -> ArgSpec:
        """Return the specification that holds for these options; one that depends on them overrides this."""
        return self

    def rules(self) -> dict[str, Any]:
        """Return the rules between options as keyword arguments of ``AnsibleModule``."""
        return {
            "mutually_exclusive": [list(names) for names in self.mutually_exclusive],
            "required_together": [list(names) for names in self.required_together],
            "required_one_of": [list(names) for names in self.required_one_of],
            "required_if": [list(rule) for rule in self.required_if],
            "required_by": {name: list(names) for name, names in self.required_by.items()},
        }

    def validate(self, given: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Return ``given`` with types converted and defaults filled in.

        :param where: names the place for the message: ``checks[3] (api)``.
        :raises InputError: an unknown, missing, contradictory or ill-typed option; all faults in one line.
        """
        outcome = ArgumentSpecValidator(dict(self.options), **self.rules()).validate(dict(given))
        if outcome.error_messages:
            raise InputError(f"{where}: {'; '.join(map(_in_our_words, outcome.error_messages))}")
        validated: dict[str, Any] = outcome.validated_parameters
        return validated


def _in_our_words(message: str) -> str:
    """Shorten Ansible's own words to what a user needs, and say of an unknown option that it is one."""
    unknown, is_unknown, known = message.partition(". Supported parameters include: ")
    if is_unknown:
        return f"unknown option {unknown}; known are {known}".rstrip(".")
    return message.replace(" found in", " in").rstrip(".")


def secret(name: str, required: bool = False) -> ArgSpec:
    """Return the three ways of giving the secret ``name``: itself, ``name_file`` and ``name_env``."""
    ways = (name, f"{name}_file", f"{name}_env")
    return ArgSpec(
        options={
            name: {"type": "str", "no_log": True},
            ways[1]: {"type": "path", "no_log": False},
            ways[2]: {"type": "str", "no_log": False},
        },
        mutually_exclusive=[ways],
        required_one_of=[ways] if required else (),
    )


TLS = ArgSpec(
    options={
        "validate_certs": {"type": "bool", "default": True},
        "ca_certs": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
    },
    required_together=[("client_cert", "client_key")],
)
