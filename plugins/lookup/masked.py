# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take the inventory's secrets out of a text."""

from __future__ import annotations

DOCUMENTATION = r"""
name: masked
short_description: Take the secrets of the inventory out of a text
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Shows stars in place of each secret that the inventory holds. Those are texts under telling names (C(password),
    C(token) and so on) in variables that begin with C(day2_), variables that have such a name themselves, those that
    begin with C(vault_), and the addresses of webhooks.
  - A secret of less than four letters is not looked for, nor one that stands under another name as well, as the name of
    a user whose password is the same.
  - This is the last net, for what programs say. A task that handles a secret wants C(no_log).
options:
  _terms:
    description: The texts.
    type: list
    elements: str
    required: true
  foreign:
    description:
      - Whether a program wrote the texts. Then what follows the name of a secret (C(password=)), logins in addresses
        and tokens that show what they are go too, whether the inventory knows them or not.
    type: bool
    default: false
  also:
    description: More that may hold secrets, such as connection options.
    type: list
    elements: raw
    default: []
"""

EXAMPLES = r"""
- name: Say what a program said
  ansible.builtin.debug:
    msg: "{{ lookup('day2.ops.masked', upgrade.stderr, foreign=true) }}"
"""

RETURN = r"""
_raw:
  description: The texts, with C(***) in place of secrets.
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.lookup import LookupBase
from ansible_collections.day2.ops.plugins.module_utils._core.known_secrets import hidden
from ansible_collections.day2.ops.plugins.module_utils._core.masking import masked
from ansible_collections.day2.ops.plugins.plugin_utils._known_secrets import known_secrets


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return the texts."""
        secrets = known_secrets(self._templar, variables or {}, *kwargs.get("also", ()))
        texts = [hidden(str(term), secrets) for term in terms]
        return [masked(text) for text in texts] if boolean(kwargs.get("foreign", False)) else texts
