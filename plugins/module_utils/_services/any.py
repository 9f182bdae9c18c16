# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Any request to any of the services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._http import READS, Answer
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_content import decode
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session

HIDDEN_HEADERS = frozenset({"set-cookie", "authorization", "www-authenticate"})


class Call:
    """A request as the options describe it. Raises ``InvalidInput`` for options that make none."""

    def __init__(self, session: Session, params: Mapping[str, Any]) -> None:
        self.session = session
        self.params = params
        self.method = params["method"].upper()
        self.writes = self.method not in READS if params["write"] is None else params["write"]
        if not params["path"].startswith("/"):
            raise InvalidInput(f"path {params['path']!r} does not begin with a slash", hint="It is put behind base_url.")
        if any(name.lower() == "authorization" for name in params["headers"]):
            raise InvalidInput("the Authorization header is made from the token", hint="Use the token option for a token of your own.")
        self._request = {
            "query": params["parameters"],
            "headers": {name: str(value) for name, value in params["headers"].items()},
            "accept": "application/xml" if session.flow.NAME == "appliance" else "application/json, */*;q=0.5",
            "expect": params["status_code"],
            "write": self.writes,
            **self._body(),
        }

    def _body(self) -> dict[str, Any]:
        body, form = self.params["body"], self.params["body_format"]
        if body is None:
            return {}
        if form == "raw":
            if not isinstance(body, str):
                raise InvalidInput("body is no text, as body_format: raw wants")
            return {"body": body.encode()}
        if form == "json":
            return {"json_body": body}
        if not isinstance(body, dict):
            raise InvalidInput(f"body is no mapping, as body_format: {form} wants")
        if form == "form":
            return {"form": {str(name): str(value) for name, value in body.items()}}
        if len(body) != 1:
            raise InvalidInput("body has not the one root element that body_format: xml wants")
        ((root, content),) = body.items()
        return {"body": _xml.from_data(root, content), "content_type": "application/xml"}

    def to_result(self) -> dict[str, Any]:
        """Sends it and returns the decoded answer."""
        answer = self.session.call(self.method, self.params["path"], **self._request)
        result = {**self._about(answer), **_decoded(answer)}
        if self.params["query"]:
            result["result"] = search(self.params["query"], result.get("json", result.get("xml")))
        return result

    def to_file(self, check_mode: bool) -> dict[str, Any]:
        """Sends it and puts the answer into the file, if it differs."""
        attributes = {name: self.params[name] for name in ("mode", "owner", "group")}
        place = Destination(self.params["dest"], name=self.params["path"].rstrip("/").rpartition("/")[2], check_mode=check_mode, **attributes)
        with place.fetching() as stream:
            answer = self.session.call(self.method, self.params["path"], sink=stream, **self._request)
            # Only a 2xx answer goes into the sink by itself.
            stream.write(answer.content)
            outcome = place.put(stream)
        about = self._about(answer)
        return {**about, **outcome.as_result(), "changed": about["changed"] or outcome.changed}

    def _about(self, answer: Answer) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in HIDDEN_HEADERS}
        return {"changed": self.writes, "status": answer.status, "headers": headers}


def _decoded(answer: Answer) -> dict[str, Any]:
    if not answer.content.strip():
        return {}
    start = answer.content.lstrip()[:1]
    try:
        if start == b"<" and not answer.is_html():
            return {"xml": _xml.to_data(answer.xml())}
        if start in b'{["0123456789-tfn':
            return {"json": _json(answer)}
    except BadAnswer:
        if answer.media_type.endswith(("json", "xml")):
            raise
    return {"content": _text(answer)}


def _json(answer: Answer) -> Any:
    try:
        return json.loads(_text(answer))
    except ValueError as error:
        raise answer.bad("the answer is not JSON") from error


def _text(answer: Answer) -> str:
    # PxPlus sends windows-1252 and does not say so (contract §5.4).
    return decode(answer.content, answer.headers.get("Content-Type", ""), None)
