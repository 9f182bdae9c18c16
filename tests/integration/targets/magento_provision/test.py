# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook: a whole shop from a folder of files, in check mode, for real, again, with one change, in bulk, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "magento")
ROLE = "tokenflow.services.magento_provision : "
PASSWORD = "Sturdy-pass-1"
SETTINGS = """
magento_provision_settings:
  salesRules:
    - {name: Spring sale, website_ids: [1], customer_group_ids: [0, 1], is_active: true, simple_action: by_percent, discount_amount: 5}
  customerGroups:
    - code: Schools
      tax_class_id: {id_of: taxClasses, class_name: Schools, class_type: CUSTOMER}
  taxRules:
    - code: Schools in the Netherlands
      priority: 0
      position: 0
      customer_tax_class_ids: [{id_of: taxClasses, class_name: Schools, class_type: CUSTOMER}]
      product_tax_class_ids: [2]
      tax_rate_ids: [{id_of: taxRates, code: NL 9}]
  taxRates:
    - {code: NL 9, tax_country_id: NL, tax_postcode: "*", rate: 9}
  taxClasses:
    - {class_name: Schools, class_type: CUSTOMER}
  inventory/stock-source-links:
    - {stock_id: {id_of: inventory/stocks, name: North}, source_code: oslo, priority: 1}
  inventory/stocks:
    - {name: North}
  inventory/sources:
    - {source_code: oslo, name: Oslo, country_id: "NL", postcode: "0150", city: Oslo}
"""
CATALOGUE = """
magento_provision_catalogue:
  products:
    - sku: lamp-natt
      name: Natt lamp
      attribute_set_id: {id_of: products/attribute-sets, attribute_set_name: Lamps}
      price: 39.95
      weight: 0.3
      custom_attributes:
        bulb: {option_of: bulb, label: LED}
        tax_class_id: 2
      extension_attributes:
        category_links:
          - category_id: {id_of: categories, path: Default Category/Lamps}
    - {sku: lamp-kveld, name: Kveld lamp, attribute_set_id: 4, price: 49}
  products/attributes:
    - {attribute_code: bulb, frontend_input: select, default_frontend_label: Bulb, scope: global, options: [LED, Halogen]}
  products/attribute-sets:
    - {attribute_set_name: Lamps, attributes: [bulb]}
  categories:
    - {path: Default Category/Lamps, is_active: true}
    - {path: Default Category/Lamps/Head lamps, is_active: true}
  inventory/source-items:
    - {sku: lamp-natt, source_code: oslo, quantity: 12, status: 1}
magento_provision_absent:
  cmsBlock:
    - identifier: winter-banner
  products:
    - sku: mat-lett
"""
CONTENT = f"""
magento_provision_content:
  cmsPage:
    - identifier: lamps
      title: Lamps
      content: !unsafe '<p>{{{{store url="lamps"}}}}</p>'
      active: true
  cmsBlock:
    - {{identifier: hours, title: Hours, content: Nine to five, active: true}}
  customers:
    - email: head@school.example
      website_id: 1
      firstname: Hanna
      lastname: Berg
      group_id: {{id_of: customerGroups, code: Schools}}
      parameters:
        password: {PASSWORD}
magento_provision_store_views:
  de:
    products:
      - {{sku: lamp-natt, name: Natt-Lampe}}
    categories:
      - {{path: Default Category/Lamps, name: Lampen}}
"""
ENTITIES = 22


def shop(**variables: Any) -> dict[str, Any]:
    """The playbook of the collection."""
    return {"import_playbook": "tokenflow.services.magento_catalogue", "vars": {"magento_catalogue_folder": "~/shop", **variables}}


def control(**actions: Any) -> dict[str, Any]:
    return {"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Behind its back", "simulator_control": {"simulator": "magento", **actions}}]}


def said(run: Run) -> list[str]:
    return [str(result["msg"]) for result in run.results(f"{ROLE}Say what was done")]


def written(lab: Lab) -> Path:
    folder = lab.folder / "home" / "shop"
    folder.mkdir(parents=True)
    for name, text in (("settings", SETTINGS), ("catalogue", CATALOGUE), ("content", CONTENT)):
        (folder / f"{name}.yml").write_text(text.lstrip(), encoding="utf-8")
    return folder


def test(lab: Lab) -> None:
    folder, simulator = written(lab), lab.simulators["magento"]
    run = lab.play([shop()], arguments=["--check"])
    check(re.match(rf"{ENTITIES} of {ENTITIES} entities would be made, changed or removed: taxClasses Schools/CUSTOMER, ", said(run)[0]), f"{said(run)}")
    equal(simulator.journal().differences(logins=1, calls=None), [], "check mode")
    run = lab.play([shop(), shop()], arguments=["-v"])
    equal([text.split(":")[0] for text in said(run)], [f"{number} of {ENTITIES} entities made, changed or removed" for number in (ENTITIES, 0)], "two runs")
    equal(len(simulator.journal().logins()), 1, "logins")
    check(PASSWORD not in run.output, "the password of a customer is shown")
    page = simulator.control("get_entity", kind="page", key=7)
    equal((page["identifier"], page["content"]), ("lamps", '<p>{{store url="lamps"}}</p>'), "the page")
    lamp, german = (simulator.control("get_entity", kind="product", key="lamp-natt", store=store) for store in ("all", "de"))
    equal((lamp["name"], german["name"], lamp["price"]), ("Natt lamp", "Natt-Lampe", 39.95), "the lamp")
    changes(lab, folder)


def changes(lab: Lab, folder: Path) -> None:
    simulator = lab.simulators["magento"]
    catalogue = folder / "catalogue.yml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("price: 49", "price: 45"), encoding="utf-8")
    bulk = {"magento_provision_bulk": ["products", "inventory/source-items"], "magento_provision_bulk_options": {"interval": 0.2, "start_timeout": 20}}
    run = lab.play([control(switch={"consumer_seconds": 0.2}), shop(), shop(**bulk)])
    equal(said(run)[0].split(": ")[1], "products lamp-kveld", "one change")
    simulator.journal()
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("price: 45", "price: 46").replace("quantity: 12", "quantity: 13"), encoding="utf-8")
    run = lab.play([shop(**bulk), shop(**bulk)])
    equal([text.partition(": ")[2] for text in said(run)], ["products lamp-kveld, inventory/source-items lamp-natt/oslo", ""], "in bulk")
    equal([line.split()[0] for line in simulator.journal().lines() if "async" in line], ["PUT", "POST"], "bulk writes")
    wrong = {"import_playbook": "tokenflow.services.magento_catalogue", "vars": {"magento_provision_content": {"orders": []}}}
    run = lab.play([wrong], status=2)
    check("orders is not among the endpoints" in run.output, "an endpoint that the role does not know")
