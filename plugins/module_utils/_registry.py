# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The services of the collection: a new one is a line here."""

from __future__ import annotations

from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import MagentoFlow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.pxplus import PxplusFlow

FLOWS: tuple[type[Flow], ...] = (PlcnextFlow, PxplusFlow, PhoenixFlow, MagentoFlow, ApplianceFlow)
SERVICES = [flow.NAME for flow in FLOWS]
