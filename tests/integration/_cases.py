# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of every module, for the targets that want to see all of them: in check mode, on another host, and without a secret in their output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from ._lab import ROOT, SERVICES


@dataclass(frozen=True)
class Case:
    """A task: its module and arguments. ``changed`` is what the first run says, ``again`` what a second says."""

    name: str
    module: str
    arguments: dict[str, Any]
    changed: bool = False
    again: bool = False

    def task(self, **more: Any) -> dict[str, Any]:
        """The task, with the connection from the environment."""
        return {"name": self.name, f"tokenflow.services.{self.module}": self.arguments, **more}


BLOCK = {"block": {"identifier": "opening-hours", "title": "Opening hours", "content": "Nine to five", "active": True}}
AGENT = {"elementType": "session-agent", "attribute": [{"name": "hostname", "value": "pbx9.example.com"}, {"name": "ip-address", "value": "203.0.113.9"}]}
VARIABLES = {"variables": [{"path": "Arp.Plc.Eclr/ValveNumber", "value": 13, "valueType": "Constant"}]}
PRODUCT_TABLE: dict[str, Any] = {"read_service": "records_read", "write_service": "records_write", "table": "products"}
PRODUCTS = {**PRODUCT_TABLE, "key_fields": ["sku$"], "records": [{"key": 1002, "fields": {"price": 91}}, {"key": 1003, "fields": {"onHand": 998}}]}
APPLICATIONS: list[dict[str, Any]] = [
    {"name": "Web Shop", "criticality": 10, "tags": [{"key": "bu", "value": "retail"}]},
    {"name": "Case Cloud", "type": "ENVIRONMENT", "sub_type": "CLOUD", "criticality": 2, "owner": "ada.lindqvist@northwind-bikes.example"},
]
COMPONENTS: list[dict[str, Any]] = [
    {"application": "Web Shop", "name": "cart", "criticality": 8},
    {"application": "Order Hub", "name": "stock-sync", "state": "absent"},
    {"environment": "Production Cloud", "name": "case-cluster", "tags": [{"value": "case"}]},
]
ORDER_API = {"application": "Order Hub", "component": "order-api"}
RULE = {"name": "repository", "filter": {"asset_type": "REPOSITORY", "repository": ["northwind/order-api"]}}
ASSESSMENT = {"name": "Case", "asset_type": "REPOSITORY"}
REPOSITORY: dict[str, Any] = {"attributes": {"repository": "northwind/case"}, "findings": []}
PHOENIX_PARTS = ["applications", "components", "teams", "members", "users", "assets", "findings", "postures"]
ROUTE = {"dest-network": "203.0.113.0", "netmask": "255.255.255.0", "gateway": "192.0.2.1", "description": "branch offices"}
TENT = {"sku": "tent-fjell-4", "price": 529, "custom_attributes": {"color": {"option_of": "color", "label": "Orange"}}}
SEEDED_ROUTE: dict[str, Any] = {"element_type": "host-route", "attributes": {"dest-network": "192.0.2.128"}}
SESSION_AGENTS = "/rest/v1.2/configuration/configElements"

CASES = (
    Case(
        "Variables that differ", "plcnext_variable", {"variables": {"SpeedSetpoint": 48.1, "FillTime": "T#2s", "RecipeNumber": 7}, "verify": True}, changed=True
    ),
    Case("Variables from a file", "plcnext_variable", {"src": "{{ folder }}/setpoints.json"}, changed=True),
    Case("Variables that are right", "plcnext_variable", {"variables": {"RecipeNumber": 7, "MachineEnabled": True}}),
    Case("Variables of a station", "plcnext_variable", {"variables": {"LevelMaximum": 86}, "station_id": "panel-1"}, changed=True),
    Case("Read variables", "plcnext_variable_info", {"paths": ["SpeedActual", "SpeedCurve[2]"]}),
    Case("Read about the controller", "plcnext_info", {"gather": ["service", "project", "dictionary", "types", "sessions"]}),
    Case("Group", "plcnext_group", {"paths": ["LevelCurrent", "LevelMinimum"]}, changed=True),
    Case("Read the group", "plcnext_group_info", {"paths": ["LevelCurrent", "LevelMinimum"]}),
    Case("Read a group that is not there", "plcnext_group_info", {"paths": ["LevelMaximum"]}),
    Case("Group to remove", "plcnext_group", {"paths": ["AlarmWord"], "state": "absent"}, changed=True),
    Case("Records", "pxplus_service", {"service_id": "invoices", "type": "csv"}),
    Case("Page", "pxplus_service", {"service_id": "tasks", "type": "html"}),
    Case("New file", "pxplus_service", {"service_id": "invoices", "type": "csv", "dest": "{{ folder }}/new.csv"}, changed=True),
    Case("Old file", "pxplus_service", {"service_id": "daily_sales", "type": "pdf", "dest": "{{ folder }}/old.pdf", "compare": "content"}, changed=True),
    Case("Records that differ", "pxplus_record", PRODUCTS, changed=True),
    Case("Record to remove", "pxplus_record", {**PRODUCT_TABLE, "key": "1005", "state": "absent"}, changed=True),
    Case("Record that is right", "pxplus_record", {**PRODUCT_TABLE, "key": "1004", "fields": {"price": "129.50"}}),
    Case("Read records", "pxplus_record_info", {"read_service": "records_read", "table": "products", "filter": "price<100"}),
    Case("Applications that differ", "phoenix_application", {"applications": APPLICATIONS, "return_ids": True}, changed=True),
    Case("Application that is right", "phoenix_application", {"name": "Bike Configurator", "criticality": 6, "tags": [{"key": "bu", "value": "retail"}]}),
    Case("Components that differ", "phoenix_component", {"components": COMPONENTS}, changed=True),
    Case("Team that differs", "phoenix_team", {"name": "Workshop IT", "members": ["ada.lindqvist@northwind-bikes.example"]}, changed=True),
    Case("User to activate", "phoenix_user", {"email": "jonas.berg@northwind-bikes.example", "state": "active"}, changed=True),
    Case("Rules that are replaced", "phoenix_rule", {**ORDER_API, "rules": [RULE], "replace": True}, changed=True, again=True),
    Case("Deployment that is inherited", "phoenix_deployment", {**ORDER_API, "inherit": True}, changed=True, again=True),
    Case(
        "Import",
        "phoenix_import",
        {"import_type": "delta", "assessment": ASSESSMENT, "assets": [REPOSITORY]},
        changed=True,
        again=True,
    ),
    Case("Read about an organisation", "phoenix_info", {"gather": PHOENIX_PARTS, "application": "Web Shop", "fail_when": "risk > `1000`"}),
    Case(
        "Answer to a file",
        "request",
        {"service": "phoenix", "path": "/v1/applications?type=ENVIRONMENT", "dest": "{{ folder }}/applications.json", "mode": "0640"},
        changed=True,
    ),
    Case("Read by request, plcnext", "request", {"service": "plcnext", "path": "/_pxc_api/v1.2/variables?paths=Arp.Plc.Eclr/RecipeNumber"}),
    Case("Read by request, pxplus", "request", {"service": "pxplus", "path": "/stock.pxp?sku=1001"}),
    Case("Read by request, phoenix", "request", {"service": "phoenix", "path": "/v1/applications", "parameters": {"pageSize": 5}}),
    Case("Read by request, magento", "request", {"service": "magento", "path": "/rest/V1/store/storeViews"}),
    Case("Read by request, appliance", "request", {"service": "appliance", "path": "/rest/v1.2/system/status"}),
    Case(
        "Write by request, plcnext",
        "request",
        {"service": "plcnext", "method": "PUT", "path": "/_pxc_api/v1.2/variables", "body": VARIABLES},
        changed=True,
        again=True,
    ),
    Case(
        "Write by request, pxplus",
        "request",
        {"service": "pxplus", "method": "PUT", "path": "/stock.pxp?sku=1001", "body": {"price": 26.5}},
        changed=True,
        again=True,
    ),
    Case(
        "Write by request, phoenix",
        "request",
        {"service": "phoenix", "method": "POST", "path": "/v1/teams", "body": {"name": "Night", "type": "SECURITY"}},
        changed=True,
        again=True,
    ),
    Case(
        "Write by request, magento",
        "request",
        {"service": "magento", "method": "POST", "path": "/rest/all/V1/cmsBlock", "body": BLOCK},
        changed=True,
        again=True,
    ),
    Case("Product that differs", "magento_resource", {"endpoint": "products", "body": TENT}, changed=True),
    Case("Product that is right", "magento_resource", {"endpoint": "products", "body": {"sku": "tarp-skog", "price": "89.95"}}),
    Case("Category to make", "magento_resource", {"endpoint": "categories", "body": {"path": "Default Category/Camping/Lamps"}}, changed=True),
    Case("Block to remove", "magento_resource", {"endpoint": "cmsBlock", "body": {"identifier": "winter-banner"}, "state": "absent"}, changed=True),
    Case("Read products", "magento_info", {"endpoint": "products", "search": {"filters": [{"field": "price", "condition": "lt", "value": 90}]}}),
    Case("Products in bulk", "magento_bulk", {"endpoint": "products", "items": [{"sku": "boot-stein", "price": 240}], "interval": 0.2}, changed=True),
    Case("Read about the appliance", "appliance_info", {"gather": ["versions", "status", "job", "boot_parameters", "backups"]}),
    Case("Read elements", "appliance_config_element_info", {"element_type": "host-route"}),
    Case("Lock by its module", "appliance_lock", {}, changed=True, again=True),
    Case("Element that differs", "appliance_config_element", {"element_type": "host-route", "attributes": ROUTE}, changed=True),
    Case("Element to remove", "appliance_config_element", {**SEEDED_ROUTE, "state": "absent"}, changed=True),
    Case("Backup", "appliance_config", {"action": "backup", "filename": "case.gz"}, changed=True),
    Case(
        "Signing request", "appliance_certificate", {"record": "defaultSelfSignedRestCert", "state": "requested", "regenerate": True}, changed=True, again=True
    ),
    Case("Lock", "request", {"service": "appliance", "method": "POST", "path": "/rest/v1.2/configuration/lock"}, changed=True, again=True),
    Case(
        "Write by request, appliance",
        "request",
        {"service": "appliance", "method": "POST", "path": SESSION_AGENTS, "body_format": "xml", "body": {"configElement": AGENT}},
        changed=True,
        again=True,
    ),
    Case("Unlock", "request", {"service": "appliance", "method": "POST", "path": "/rest/v1.2/configuration/unlock"}, changed=True, again=True),
    *(Case(f"Token, {service}", f"{service}_token", {"minimum_lifetime": 60}) for service in SERVICES),
    *(Case(f"New token, {service}", f"{service}_token", {"state": "renewed"}, changed=True, again=True) for service in SERVICES),
    *(Case(f"No token, {service}", f"{service}_token", {"state": "absent"}, changed=True, again=True) for service in SERVICES),
)
PREPARATION = [{"name": "A group that is there", "tokenflow.services.plcnext_group": {"paths": ["AlarmWord"]}}]
"""Tasks for a run before those of the cases."""
SETPOINTS = {"LevelMinimum": 15.5, "Filler.Recipe": {"Number": 8, "FillVolume": 0.33}, "SpeedCurve[2]": 12.5}
"""What ``setpoints.json`` in the folder of the target must hold."""


def modules() -> list[str]:
    """All modules of the collection, by their action group."""
    return list(yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]["all"])


def forgotten() -> Iterator[str]:
    """Modules that no case uses: whoever adds a module adds a case."""
    # A restart ends what the other cases rest on; it has tests of its own.
    used = {"appliance_system", *(case.module for case in CASES)}
    yield from (module for module in modules() if module not in used)
