# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session after a 401."""

from __future__ import annotations

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import NotAuthorised, Unavailable
from ansible_collections.tokenflow.services.plugins.module_utils._session import SHORTEST_LIFETIME

from tests.unit.plugins._fakes import Run

# After a 401


def test_a_dead_token_costs_one_login_and_no_failure() -> None:
    run = Run()
    run.task().call("GET", "/x")
    run.service.expire()
    session = run.task()
    assert session.call("GET", "/x").status == 200
    assert session.call("GET", "/y").status == 200
    assert run.used == ["login-1", "login-1", "login-2", "login-2"]
    run.task().call("GET", "/x")
    assert run.service.logins == 2


def test_a_dead_token_is_not_renewed() -> None:
    run = Run(can_renew=True)
    run.task().call("GET", "/x")
    run.service.expire()
    run.task().call("GET", "/x")
    assert (run.service.logins, run.service.renewals) == (2, 0)


def test_a_request_is_repeated_with_everything_that_it_had() -> None:
    run = Run()
    run.task().call("GET", "/x")
    run.service.expire()
    requests = []
    send = run.service.send

    def noted(method: str, path: str, **request: object) -> object:
        requests.append({name: value for name, value in request.items() if name != "authorization"})
        return send(method, path, **request)  # type: ignore[arg-type]

    run.service.send = noted  # type: ignore[method-assign, assignment]
    run.task().call("PUT", "/x", json_body={"a": 1}, query={"b": 2})
    assert requests == [{"json_body": {"a": 1}, "query": {"b": 2}}] * 2


def test_a_401_after_a_fresh_login_means_not_permitted() -> None:
    run = Run()
    run.service.forbidden = {"/secret"}
    with pytest.raises(NotAuthorised, match="not permitted") as caught:
        run.task().call("GET", "/secret")
    assert (run.service.logins, len(run.service.sent)) == (1, 1)
    assert (caught.value.status, caught.value.path, caught.value.reply) == (401, "/secret", "answer to /secret")


def test_a_401_with_a_kept_token_leads_to_one_login_and_one_repetition() -> None:
    run = Run()
    run.task().call("GET", "/x")
    run.service.forbidden = {"/secret"}
    with pytest.raises(NotAuthorised, match="not permitted"):
        run.task().call("GET", "/secret")
    assert run.used == ["login-1", "login-1", "login-2"]


@pytest.mark.parametrize("warm", [False, True])
def test_what_is_not_permitted_is_not_logged_in_for_again(warm: bool) -> None:
    """Neither in the same task nor in later ones, whether the first of them logged in itself or not."""
    run = Run()
    if warm:
        run.task().call("GET", "/x")
    run.service.forbidden = {"/secret"}
    for _task in range(5):
        session = run.task()
        for _request in range(2):
            with pytest.raises(NotAuthorised, match="not permitted"):
                session.call("GET", "/secret")
    assert run.service.logins == (2 if warm else 1)


def test_a_refusal_is_known_by_method_and_path() -> None:
    run = Run()
    run.task().call("GET", "/x")
    run.service.forbidden = {"/secret", "/other", "/secret?page=2"}
    for path in ("/secret", "/secret?page=2"):
        with pytest.raises(NotAuthorised):
            run.task().call("GET", path)
    assert run.service.logins == 2
    with pytest.raises(NotAuthorised):
        run.task().call("GET", "/other")
    assert run.service.logins == 3


def test_a_refusal_does_not_hide_that_the_token_is_dead() -> None:
    run = Run()
    run.task().call("GET", "/x")
    run.service.forbidden = {"/secret"}
    with pytest.raises(NotAuthorised):
        run.task().call("GET", "/secret")
    run.service.expire()
    assert run.task().call("GET", "/x").status == 200
    assert run.service.logins == 3


def test_a_refusal_that_is_lifted_is_no_refusal() -> None:
    run = Run()
    run.task().call("GET", "/x")
    run.service.forbidden = {"/secret"}
    with pytest.raises(NotAuthorised):
        run.task().call("GET", "/secret")
    run.service.forbidden.clear()
    assert run.task().call("GET", "/secret").status == 200
    assert run.service.logins == 2


def test_somebody_elses_new_token_is_taken_after_a_401() -> None:
    """Many tasks that find the same token dead cost one login."""
    run = Run()
    sessions = [run.task() for _round in range(5)]
    for session in sessions:
        session.call("GET", "/x")
    run.service.expire()
    for session in sessions:
        session.call("GET", "/x")
    assert run.service.logins == 2


def test_a_login_that_fails_after_a_401_is_that_error() -> None:
    run = Run()
    run.task().call("GET", "/x")
    run.service.expire()
    run.service.login_errors = [Unavailable("busy", status=503)]
    with pytest.raises(Unavailable):
        run.task().call("GET", "/x")
    assert run.task().call("GET", "/x").status == 200


# Lifetimes learnt


def lifetime(run: Run) -> float | None:
    assert run.store.token is not None
    return run.store.token.lifetime


def die(run: Run, age: float) -> None:
    """Lets the kept token die at an age and be found dead."""
    run.pass_time(age)
    run.service.expire()
    run.task().call("GET", "/x")


def test_an_assumed_lifetime_is_learnt_from_a_401() -> None:
    run = Run(lifetime=600, assumed=True)
    run.task().call("GET", "/x")
    assert lifetime(run) == 600
    die(run, 300)
    assert lifetime(run) == 300
    assert run.service.logins == 2
    run.pass_time(280)
    run.task().call("GET", "/x")
    assert (run.service.logins, run.used.count("login-2")) == (3, 1)


def test_a_learnt_lifetime_shrinks_and_grows_again() -> None:
    run = Run(lifetime=600, assumed=True)
    run.task().call("GET", "/x")
    found = []
    for age in (300, 100):
        die(run, age)
        found.append(lifetime(run))
    for _round in range(4):
        run.pass_time(1000)
        run.task().call("GET", "/x")
        found.append(lifetime(run))
    assert found == [300, 100, 200, 400, 600, 600]


def test_nothing_is_learnt_from_a_token_that_died_very_young() -> None:
    run = Run(lifetime=600, assumed=True)
    run.task().call("GET", "/x")
    die(run, 5)
    assert lifetime(run) == SHORTEST_LIFETIME


def test_nothing_is_learnt_where_the_service_says_how_long() -> None:
    run = Run(lifetime=600, assumed=False)
    run.task().call("GET", "/x")
    die(run, 300)
    assert lifetime(run) == 600


def test_nothing_is_learnt_beyond_what_is_assumed() -> None:
    run = Run(lifetime=600, assumed=True)
    session = run.task()
    session.call("GET", "/x")
    die(run, 560)
    assert lifetime(run) == 560
    run.pass_time(1000)
    run.task().call("GET", "/x")
    assert lifetime(run) == 600
