# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sales rules of the Magento simulator, which have no natural key, so that the same POST makes a second one, and their coupons (contract §6.2)."""

from __future__ import annotations

from typing import Any

from ._magento_errors import ALREADY_EXISTS, NO_SUCH_ENTITY, bad_request, fill, not_found
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import Call, Row, Shop

RESOURCE = "Magento_SalesRule::quote"
REPOSITORY, COUPONS = "SalesRule\\Api\\RuleRepositoryInterface", "SalesRule\\Api\\CouponRepositoryInterface"
MANUAL, GENERATED = 0, 1
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
    for coupon in call.shop.coupons:
        if coupon["rule_id"] == rule_id:
            call.shop.coupons.remove(coupon["coupon_id"])
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


def need_coupon(shop: Shop, number: Any) -> Row:
    row = shop.coupons.get(number)
    if row is None:
        raise not_found("No such entity.")
    return row


@route("GET", "coupons/:couponId", f"{COUPONS}::getById", RESOURCE, parameters="couponId:int", returns="Coupon")
def get_coupon(call: Call, coupon_id: int) -> Row:
    return need_coupon(call.shop, coupon_id)


@route("GET", "coupons/search", f"{COUPONS}::getList", RESOURCE, parameters="searchCriteria:SearchCriteria", returns="CouponList")
def list_coupons(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.coupons, search_criteria, ("coupon_id", "rule_id", "code", "usage_limit", "usage_per_customer", "times_used", "type"))


@route("DELETE", "coupons/:couponId", f"{COUPONS}::deleteById", RESOURCE, parameters="couponId:int", returns="boolean")
def delete_coupon(call: Call, coupon_id: int) -> bool:
    call.shop.coupons.remove(need_coupon(call.shop, coupon_id)["coupon_id"])
    return True


@route("POST", "coupons", f"{COUPONS}::save", RESOURCE, parameters="coupon:Coupon", returns="Coupon")
@route("PUT", "coupons/:couponId", f"{COUPONS}::save", RESOURCE, parameters="coupon:Coupon", returns="Coupon")
def save_coupon(call: Call, coupon: Row) -> Row:
    """A coupon's limits and end are those of its rule, whatever is sent."""
    shop = call.shop
    row = need_coupon(shop, coupon["coupon_id"]) if coupon.get("coupon_id") else None
    given = {**(row or {}), **{name: value for name, value in coupon.items() if value is not None}}
    rule = shop.sales_rules.get(given.get("rule_id"))
    reason = ""
    if rule is None:
        reason = fill(NO_SUCH_ENTITY, {"fieldName": "rule_id", "fieldValue": given.get("rule_id")})
    elif rule["coupon_type"] == "NO_COUPON":
        reason = "Specified rule does not allow coupons"
    elif rule["use_auto_generation"] and given.get("type", MANUAL) == MANUAL:
        reason = "Specified rule only allows auto generated coupons"
    elif not rule["use_auto_generation"] and given.get("type") == GENERATED:
        reason = "Specified rule does not allow auto generated coupons"
    if reason or rule is None:
        raise bad_request("Error occurred when saving coupon: %1", parameters=[reason])
    if any(other is not row and (other.get("code") or "").lower() == (given.get("code") or "").lower() for other in shop.coupons):
        raise bad_request(ALREADY_EXISTS, parameters=["Coupon with the same code"])
    if row is None:
        row = shop.coupons.add({"times_used": 0, "created_at": shop.timestamp(), "type": MANUAL}, "coupon_id")
    limits = {"usage_limit": rule["uses_per_coupon"], "usage_per_customer": rule["uses_per_customer"], "expiration_date": rule.get("to_date")}
    row.update({**given, "coupon_id": row["coupon_id"], **limits})
    return row
