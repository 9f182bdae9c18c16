# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tax classes, rates and rules of the Magento simulator (contract §6.2)."""

from __future__ import annotations

from typing import Any

from ._magento_errors import ALREADY_EXISTS, INVALID_VALUE, NO_SUCH_ENTITY, REQUIRED_FIELD, Parameters, bad_request, fill, input_errors, no_such_entity
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import Call, Row, Shop
from ._magento_store import COUNTRIES, regions
from ._magento_types import INTERFACES

RESOURCE = "Magento_Tax::manage_tax"
CLASSES, RATES, RULES = "Tax\\Api\\TaxClassRepositoryInterface", "Tax\\Api\\TaxRateRepositoryInterface", "Tax\\Api\\TaxRuleRepositoryInterface"
CLASS_TYPES = ("CUSTOMER", "PRODUCT")
Errors = list[tuple[str, Parameters]]


def _missing(field: str) -> tuple[str, Parameters]:
    return REQUIRED_FIELD, {"fieldName": field}


def _invalid(field: str, value: Any) -> tuple[str, Parameters]:
    return INVALID_VALUE, {"fieldName": field, "value": value}


def need_class(shop: Shop, number: Any) -> Row:
    row = shop.tax_classes.get(number)
    if row is None:
        raise no_such_entity("class_id", number)
    return row


def need_rate(shop: Shop, number: Any) -> Row:
    row = shop.tax_rates.get(number)
    if row is None:
        raise no_such_entity("taxRateId", number)
    return row


def need_rule(shop: Shop, number: Any) -> Row:
    row = shop.tax_rules.get(number)
    if row is None:
        raise no_such_entity("taxRuleId", number)
    return row


@route("GET", "taxClasses/:taxClassId", f"{CLASSES}::get", RESOURCE, parameters="taxClassId:int", returns="TaxClass")
def get_class(call: Call, tax_class_id: int) -> Row:
    return need_class(call.shop, tax_class_id)


@route("GET", "taxClasses/search", f"{CLASSES}::getList", RESOURCE, parameters="searchCriteria:SearchCriteria", returns="TaxClassList")
def list_classes(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.tax_classes, search_criteria, ("class_id", "class_name", "class_type"))


_CLASS_MODEL = "Tax\\Model\\TaxClass\\Repository"


@route("POST", "taxClasses", f"{CLASSES}::save", RESOURCE, parameters="taxClass:TaxClass", returns="string", implementation=_CLASS_MODEL)
@route("PUT", "taxClasses/:classId", f"{CLASSES}::save", RESOURCE, parameters="taxClass:TaxClass", returns="string", implementation=_CLASS_MODEL)
def save_class(call: Call, tax_class: Row) -> str:
    """Returns the number as a string (contract §2.4)."""
    shop = call.shop
    row = need_class(shop, tax_class["class_id"]) if tax_class.get("class_id") else None
    name, class_type = (tax_class.get("class_name") or "").strip(), (tax_class.get("class_type") or "").strip()
    if row and row["class_type"] != tax_class.get("class_type"):
        raise bad_request("Updating classType is not allowed.")
    errors: Errors = [] if name else [_missing("class_name")]
    if not class_type:
        errors.append(_missing("class_type"))
    elif class_type not in CLASS_TYPES:
        errors.append(_invalid("class_type", class_type))
    if errors:
        raise input_errors(errors)
    if any(other is not row and (other["class_name"].lower(), other["class_type"]) == (name.lower(), class_type) for other in shop.tax_classes):
        raise bad_request("A class with the same name already exists for ClassType %1.", parameters=[class_type])
    if row is None:
        row = shop.tax_classes.add({}, "class_id")
    row.update(class_name=name, class_type=class_type)
    return str(row["class_id"])


@route("DELETE", "taxClasses/:taxClassId", f"{CLASSES}::deleteById", RESOURCE, parameters="taxClassId:int", returns="boolean")
def delete_class(call: Call, tax_class_id: int) -> bool:
    shop = call.shop
    need_class(shop, tax_class_id)
    if any(tax_class_id in (*rule["customer_tax_class_ids"], *rule["product_tax_class_ids"]) for rule in shop.tax_rules):
        raise bad_request("You cannot delete this tax class because it is used in Tax Rules. You have to delete the rules it is used in first.")
    if any(group["tax_class_id"] == tax_class_id for group in shop.customer_groups):
        raise bad_request("You cannot delete this tax class because it is used in existing %1(s).", parameters=["customer group"])
    if any(values.get("tax_class_id") == str(tax_class_id) for product in shop.products for values in product["values"].values()):
        raise bad_request("You cannot delete this tax class because it is used in existing %1(s).", parameters=["product"])
    shop.tax_classes.remove(tax_class_id)
    return True


@route("GET", "taxRates/:rateId", f"{RATES}::get", RESOURCE, parameters="rateId:int", returns="TaxRate")
def get_rate(call: Call, rate_id: int) -> Row:
    return present_rate(need_rate(call.shop, rate_id))


def present_rate(row: Row) -> Row:
    known = regions().get(row.get("tax_region_id") or 0)
    return {**row, "region_name": known[1] if known else None}


@route("GET", "taxRates/search", f"{RATES}::getList", RESOURCE, parameters="searchCriteria:SearchCriteria", returns="TaxRateList")
def list_rates(call: Call, search_criteria: Row) -> Row:
    fields = {"id", "tax_calculation_rate_id", *INTERFACES["TaxRate"].members} - {"titles"}
    rows = [present_rate(row) for row in call.shop.tax_rates]
    return search(call, rows, search_criteria, fields, lambda row, field: row.get("id" if field == "tax_calculation_rate_id" else field))


_RATE_MODEL = "Tax\\Model\\Calculation\\RateRepository"


@route("POST", "taxRates", f"{RATES}::save", RESOURCE, parameters="taxRate:TaxRate", returns="TaxRate", implementation=_RATE_MODEL)
@route("PUT", "taxRates", f"{RATES}::save", RESOURCE, parameters="taxRate:TaxRate", returns="TaxRate", implementation=_RATE_MODEL)
def save_rate(call: Call, tax_rate: Row) -> Row:
    """The answer is what was sent, with its number."""
    shop = call.shop
    row = need_rate(shop, tax_rate["id"]) if tax_rate.get("id") else None
    _check_rate(tax_rate)
    if any(other is not row and other["code"].lower() == tax_rate["code"].lower() for other in shop.tax_rates):
        raise bad_request(ALREADY_EXISTS, parameters=["Code"])
    given = {name: value for name, value in tax_rate.items() if value is not None and name != "region_name"}
    if row is None:
        row = shop.tax_rates.add({"tax_region_id": 0, "titles": [], **given})
    else:
        row.update(given)
    return {"titles": [], **given, "id": row["id"]}


def _check_rate(rate: Row) -> None:
    """:raises WebapiError: 400 for what is missing or unknown, one error by itself, several in a list."""
    errors: Errors = []
    country, region = rate.get("tax_country_id"), rate.get("tax_region_id")
    if not country:
        errors.append(_missing("country_id"))
    elif country not in COUNTRIES:
        errors.append(_invalid("country_id", country))
    if region and region not in regions():
        errors.append(_invalid("region_id", region))
    if rate.get("rate") is None or rate["rate"] < 0:
        errors.append(_missing("percentage_rate"))
    if not (rate.get("code") or "").strip():
        errors.append(_missing("code"))
    if rate.get("zip_is_range"):
        ends = (rate.get("zip_from"), rate.get("zip_to"))
        errors += [_invalid(name, value) for name, value in zip(("zip_from", "zip_to"), ends) if value is None or value < 0]
        if (ends[0] or 0) > (ends[1] or 0):
            errors.append(("Range To should be equal or greater than Range From.", []))
    elif not (rate.get("tax_postcode") or "").strip():
        errors.append(_missing("postcode"))
    if errors:
        raise input_errors(errors)


@route("DELETE", "taxRates/:rateId", f"{RATES}::deleteById", RESOURCE, parameters="rateId:int", returns="boolean")
def delete_rate(call: Call, rate_id: int) -> bool:
    need_rate(call.shop, rate_id)
    if any(rate_id in rule["tax_rate_ids"] for rule in call.shop.tax_rules):
        raise bad_request("The tax rate can't be removed because it exists in a tax rule.")
    call.shop.tax_rates.remove(rate_id)
    return True


@route("GET", "taxRules/:ruleId", f"{RULES}::get", RESOURCE, parameters="ruleId:int", returns="TaxRule")
def get_rule(call: Call, rule_id: int) -> Row:
    return need_rule(call.shop, rule_id)


@route("GET", "taxRules/search", f"{RULES}::getList", RESOURCE, parameters="searchCriteria:SearchCriteria", returns="TaxRuleList")
def list_rules(call: Call, search_criteria: Row) -> Row:
    names = {"tax_calculation_rule_id": "id", "sort_order": "position"}
    fields = ("id", "code", "priority", "position", "calculate_subtotal", "tax_rate_ids", "customer_tax_class_ids", "product_tax_class_ids", *names)
    return search(call, call.shop.tax_rules, search_criteria, fields, lambda row, field: row.get(names.get(field, field)))


@route("POST", "taxRules", f"{RULES}::save", RESOURCE, parameters="rule:TaxRule", returns="TaxRule")
@route("PUT", "taxRules", f"{RULES}::save", RESOURCE, parameters="rule:TaxRule", returns="TaxRule")
def save_rule(call: Call, rule: Row) -> Row:
    shop = call.shop
    row = need_rule(shop, rule["id"]) if rule.get("id") else None
    _check_rule(shop, rule)
    if any(other is not row and other["code"].lower() == rule["code"].lower() for other in shop.tax_rules):
        raise bad_request(ALREADY_EXISTS, parameters=["Code"])
    given = {name: value for name, value in rule.items() if value is not None}
    if row is None:
        row = shop.tax_rules.add({"calculate_subtotal": False, **given})
    else:
        row.update(given)
    return {**given, "id": row["id"]}


def _check_rule(shop: Shop, rule: Row) -> None:
    """:raises WebapiError: 400 with all that is wrong in one text, a line each."""
    texts: dict[str, str] = {}
    for field in ("position", "priority"):
        if rule.get(field) is None or rule[field] < 0:
            texts[field] = f'The {field} value of "{"" if rule.get(field) is None else rule[field]}" must be greater than or equal to 0.'
    if not (rule.get("code") or "").strip():
        texts["code"] = fill(*_missing("code"))
    for field, class_type in (("customer_tax_class_ids", "CUSTOMER"), ("product_tax_class_ids", "PRODUCT")):
        if not rule.get(field):
            texts[field] = fill(*_missing(field))
        for number in rule.get(field) or []:
            if (shop.tax_classes.get(number) or {}).get("class_type") != class_type:
                texts[field] = fill(NO_SUCH_ENTITY, {"fieldName": field, "fieldValue": number})
    if not rule.get("tax_rate_ids"):
        texts["tax_rate_ids"] = fill(*_missing("tax_rate_ids"))
    for number in rule.get("tax_rate_ids") or []:
        if shop.tax_rates.get(number) is None:
            texts["tax_rate_ids"] = fill(NO_SUCH_ENTITY, {"fieldName": "tax_rate_ids", "fieldValue": number})
    if texts:
        raise bad_request("\n".join(texts.values()))


@route("DELETE", "taxRules/:ruleId", f"{RULES}::deleteById", RESOURCE, parameters="ruleId:int", returns="boolean")
def delete_rule(call: Call, rule_id: int) -> bool:
    need_rule(call.shop, rule_id)
    call.shop.tax_rules.remove(rule_id)
    return True
