# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sales rules of the Magento simulator: they have no natural key, so the same POST makes a second one (contract §6.2)."""

from __future__ import annotations

from typing import Any

from ._magento_errors import bad_request, not_found
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import Call, Row, Shop

RESOURCE = "Magento_SalesRule::quote"
REPOSITORY = "SalesRule\\Api\\RuleRepositoryInterface"
COMBINE = "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine"
PRODUCT_COMBINE = "Magento\\SalesRule\\Model\\Rule\\Condition\\Product\\Combine"
ZEROES: Row = {
    "uses_per_customer": 0,
    "is_active": False,
    "stop_rules_processing": False,
    "is_advanced": False,
    "sort_order": 0,
    "discount_amount": 0,
    "discount_step": 0,
    "apply_to_shipping": False,
    "times_used": 0,
    "is_rss": False,
    "use_auto_generation": False,
    "uses_per_coupon": 0,
}
"""Members without a null: what is not sent is stored as zero, in a change too, because the service writes the whole object."""
FIELDS = (
    "rule_id",
    "name",
    "description",
    "from_date",
    "to_date",
    "is_active",
    "sort_order",
    "simple_action",
    "discount_amount",
    "coupon_type",
    "uses_per_customer",
    "uses_per_coupon",
    "times_used",
    "website_ids",
    "customer_group_ids",
)


def _condition(type_: str) -> Row:
    return {"condition_type": type_, "aggregator_type": "all", "operator": None, "value": "1"}


def need(shop: Shop, number: Any) -> Row:
    row = shop.sales_rules.get(number)
    if row is None:
        raise not_found("No such entity.")
    return row


@route("GET", "salesRules/:ruleId", f"{REPOSITORY}::getById", RESOURCE, parameters="ruleId:int", returns="SalesRule")
def get_rule(call: Call, rule_id: int) -> Row:
    return need(call.shop, rule_id)


@route("GET", "salesRules/search", f"{REPOSITORY}::getList", RESOURCE, parameters="searchCriteria:SearchCriteria", returns="SalesRuleList")
def list_rules(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.sales_rules, search_criteria, FIELDS)


@route("DELETE", "salesRules/:ruleId", f"{REPOSITORY}::deleteById", RESOURCE, parameters="ruleId:int", returns="boolean")
def delete_rule(call: Call, rule_id: int) -> bool:
    need(call.shop, rule_id)
    call.shop.sales_rules.remove(rule_id)
    return True


@route("POST", "salesRules", f"{REPOSITORY}::save", RESOURCE, parameters="rule:SalesRule", returns="SalesRule")
@route("PUT", "salesRules/:ruleId", f"{REPOSITORY}::save", RESOURCE, parameters="rule:SalesRule", returns="SalesRule")
def save_rule(call: Call, rule: Row) -> Row:
    """Websites and customer groups are needed in every save."""
    shop = call.shop
    row = need(shop, rule["rule_id"]) if rule.get("rule_id") else None
    given = {name: value for name, value in rule.items() if value is not None and name != "rule_id"}
    texts = []
    if given.get("from_date") and given.get("to_date") and given["from_date"][:10] > given["to_date"][:10]:
        texts.append("End Date must follow Start Date.")
    texts += [
        text for name, text in (("website_ids", "Please specify a website."), ("customer_group_ids", "Please specify Customer Groups.")) if not given.get(name)
    ]
    if texts:
        raise bad_request("".join(f"{text}; " for text in texts))
    if row is None:
        first: Row = {"store_labels": [], "coupon_type": "NO_COUPON", "condition": _condition(COMBINE), "action_condition": _condition(PRODUCT_COMBINE)}
        row = shop.sales_rules.add(first, "rule_id")
    row.update({**ZEROES, **given})
    return row
