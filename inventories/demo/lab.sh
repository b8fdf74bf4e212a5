#!/bin/sh
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The variable `lab` of all hosts: where the lab's servers listen, as the lab itself has written it down. Read once, by this
# script; a template that reads a file is read again wherever the variable is named.
state="${DAY2_LAB_DIR:-$(dirname "$0")/../../build/lab}/state.json"
if [ -r "$state" ]; then
    printf '{"_meta": {"hostvars": {}}, "all": {"vars": {"lab": %s}}}\n' "$(cat "$state")"
else
    printf '{"_meta": {"hostvars": {}}}\n'
fi
