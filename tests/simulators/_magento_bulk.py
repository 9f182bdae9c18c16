# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asynchronous and bulk operations of the Magento simulator (contract §6.3)."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from ._magento_errors import InternalError, PhpError, WebapiError, not_found
from ._magento_routes import Route, route
from ._magento_search import search
from ._magento_shop import Call, Caller, Row, Shop
from ._magento_types import build
from ._magento_wire import to_json

COMPLETE, RETRIABLE, FAILED, OPEN, REJECTED = 1, 2, 3, 4, 5
RESOURCE = "Magento_Logging::system_magento_logging_bulk_operations"
OUTCOMES = {"retriable": (RETRIABLE, 1213, "SQLSTATE[40001]: Serialization failure: 1213 Deadlock found"), "rejected": (REJECTED, 0, "Rejected")}


def accept(call: Call, route: Route, inputs: list[dict[str, Any]]) -> Row:
    """Stores one operation for each set of arguments; returns what the 202 says."""
    shop, number = call.shop, str(uuid.uuid4())
    operations, shown = [], []
    for index, given in enumerate(inputs):
        types = dict(zip(given, (parameter.type for parameter in route.parameters)))
        message = to_json({name: build(value, types[name]) for name, value in given.items() if value is not None})
        serialized = to_json({"entity_id": None, "entity_link": "", "meta_information": message})
        operations.append(
            {
                "id": index,
                "bulk_uuid": number,
                "topic_name": route.topic,
                "serialized_data": serialized,
                "result_serialized_data": None,
                "status": OPEN,
                "result_message": None,
                "error_code": None,
                "route": route,
                "arguments": given,
                "store_id": call.store_id,
                "caller": call.caller,
                "due": shop.clock.now() + shop.on("consumer_seconds"),
            }
        )
        shown.append({"id": index, "data_hash": hashlib.sha256(message.encode()).hexdigest(), "status": "accepted"})
    shop.bulks[number] = {
        "bulk_id": number,
        "description": f"Topic {route.topic}",
        "start_time": shop.timestamp(),
        "user_type": call.caller.type,
        "user_id": call.caller.id,
        "operations_list": operations,
        "operation_count": len(operations),
    }
    return {"bulk_uuid": number, "request_items": shown, "errors": False}


def consume(shop: Shop, services: Any, everything: bool = False) -> int:
    """The consumer ``async.operations.all``: works off what is due, if it runs (contract §6.3). Returns how many it took."""
    if not everything and shop.on("consumer") != "running":
        return 0
    taken = 0
    for row in [operation for bulk in shop.bulks.values() for operation in bulk["operations_list"]]:
        if row["status"] == OPEN and not row.get("stuck") and (everything or row["due"] <= shop.clock.now()):
            _execute(shop, services, row)
            taken += 1
    return taken


def _execute(shop: Shop, services: Any, row: Row) -> None:
    outcome = shop.on("consumer_outcome")
    if outcome != "execute":
        row["status"], row["error_code"], row["result_message"] = OUTCOMES[outcome]
        return
    called: Route = row["route"]
    caller: Caller = row["caller"]
    call = Call(shop, caller, row["store_id"], services)
    try:
        result = called.call(call, **row["arguments"])
    except WebapiError as error:
        row.update(status=FAILED, error_code=error.code, result_message=error.text())
    except InternalError as error:
        row.update(status=FAILED, error_code=0, result_message=str(error))
    except PhpError:
        # A PHP Error ends the consumer before it can write a status, so the operation stays open.
        row["stuck"] = True
    else:
        message = f"Service execution success {called.implementation}\\Interceptor::{called.operation}"
        output = to_json(build(result, called.returns)) if called.returns else None
        row.update(status=COMPLETE, result_message=message, result_serialized_data=output)


def _bulk(call: Call, number: str) -> Row:
    row = call.shop.bulks.get(number)
    if row is None:
        raise not_found("Bulk uuid %bulkUuid not exist", parameters={"bulkUuid": number})
    return row


_SERVICE = "AsynchronousOperations\\Api\\BulkStatusInterface"


@route("GET", "bulk/:bulkUuid/status", f"{_SERVICE}::getBulkShortStatus", RESOURCE, parameters="bulkUuid:string", returns="BulkStatus")
@route("GET", "bulk/:bulkUuid/detailed-status", f"{_SERVICE}::getBulkDetailedStatus", RESOURCE, parameters="bulkUuid:string", returns="DetailedBulkStatus")
def bulk_status(call: Call, bulk_uuid: str) -> Row:
    return _bulk(call, bulk_uuid)


@route(
    "GET",
    "bulk/:bulkUuid/operation-status/:status",
    f"{_SERVICE}::getOperationsCountByBulkIdAndStatus",
    RESOURCE,
    parameters="bulkUuid:string status:int",
    returns="int",
)
def operation_count(call: Call, bulk_uuid: str, status: int) -> int:
    return sum(operation["status"] == status for operation in _bulk(call, bulk_uuid)["operations_list"])


@route(
    "GET",
    "bulk",
    "AsynchronousOperations\\Api\\OperationRepositoryInterface::getList",
    RESOURCE,
    parameters="searchCriteria:SearchCriteria",
    returns="OperationList",
)
def list_operations(call: Call, search_criteria: Row) -> Row:
    bulks = call.shop.bulks
    rows = [
        {**operation, "user_id": bulks[operation["bulk_uuid"]]["user_id"], "start_time": bulks[operation["bulk_uuid"]]["start_time"]}
        for bulk in bulks.values()
        for operation in bulk["operations_list"]
    ]
    fields = ("id", "bulk_uuid", "topic_name", "status", "result_message", "error_code", "user_id", "start_time", "operation_key")
    return search(call, rows, search_criteria, fields, lambda row, field: row["id"] if field == "operation_key" else row.get(field))
