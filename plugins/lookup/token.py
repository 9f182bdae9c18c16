# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives the kept token of a service to something else."""

from __future__ import annotations

DOCUMENTATION = r"""
name: token
short_description: The token of a service
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Returns the token that the modules of this collection keep for a service, after logging in if there is none.
  - It is for the tasks of others. The modules of this collection take care of tokens themselves.
  - What takes the token shows it unless it has C(no_log=true). From ansible-core 2.22 on it is masked in all output.
extends_documentation_fragment:
  - tokenflow.services._connection
  - tokenflow.services._request
options:
  _terms:
    description:
      - Names of services, which are V(plcnext), V(pxplus), V(phoenix), V(magento) and V(appliance).
    type: list
    elements: str
    required: true
  minimum_lifetime:
    description:
      - Seconds for which the token must still be good.
    type: float
    default: 0.0
"""

EXAMPLES = r"""
- name: Call the service with another module
  ansible.builtin.uri:
    url: "{{ phoenix_base_url }}/v1/teams"
    ca_path: "{{ phoenix_ca_path | default(omit) }}"
    headers:
      Authorization: >-
        Bearer {{ lookup('tokenflow.services.token', 'phoenix', base_url=phoenix_base_url, client_id=phoenix_client_id,
        client_secret=phoenix_client_secret) }}
  no_log: true
"""

RETURN = r"""
_raw:
  description: The token of each service.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.lookup import LookupBase
from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, open_session
from ansible_collections.tokenflow.services.plugins.module_utils._registry import FLOWS, SERVICES
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.plugin_utils._token_store import TokenStore, identity_of, kept_facts

DEFINITION = Definition(
    name="token",
    flows=FLOWS,
    options={"service": {"type": "str", "choices": SERVICES, "required": True}, "minimum_lifetime": {"type": "float", "default": 0.0}},
)


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        return [self._token(str(term), variables or {}, kwargs) for term in terms]

    def _token(self, service: str, variables: dict[str, Any], given: dict[str, Any]) -> str:
        arguments = {**{name: self.get_option(name) for name in given}, "service": service}
        validation = ArgumentSpecValidator(DEFINITION.argument_spec(arguments)).validate(arguments)
        params = validation.validated_parameters
        secrets = Secrets(DEFINITION.secrets(params))
        if validation.errors.errors:
            raise AnsibleError(secrets.redact(validation.errors.msg))
        facts = kept_facts(variables)
        try:
            session = open_session(DEFINITION, params, lambda flow: TokenStore(identity_of(flow), facts), secrets, check_mode=False)
            return session.token().value
        except TokenflowError as error:
            raise AnsibleError(str(error)) from None
