# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session whose token holds a lock: never a login in its place."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    CredentialsRejected,
    Locked,
    LockLost,
    LoginFailed,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._session import INTENT, RENEWING

from tests.unit.plugins._fakes import LOCKED, START, Run


def locked() -> Run:
    run = Run(can_renew=True)
    run.task().call("POST", "/lock")
    return run


def notes(run: Run) -> dict[str, Any]:
    assert run.store.token is not None
    return run.store.token.notes


def test_a_lock_is_noted_with_the_kept_token() -> None:
    run = locked()
    assert notes(run)[LOCKED] is True
    run.task().call("POST", "/unlock")
    assert notes(run)[LOCKED] is False


def test_a_lock_survives_by_renewal() -> None:
    run = locked()
    for _round in range(5):
        run.pass_time(580)
        run.task().call("PUT", "/x")
    assert (run.service.logins, run.service.renewals) == (1, 5)
    assert notes(run)[LOCKED] is True


def test_a_token_with_a_lock_is_renewed_at_half_its_life_so_that_a_pause_does_no_harm() -> None:
    run = locked()
    for seconds, renewals in ((290, 0), (20, 1), (290, 1), (20, 2)):
        run.pass_time(seconds)
        run.task().call("GET", "/x")
        assert run.service.renewals == renewals
    run.task().call("POST", "/unlock")
    run.pass_time(310)
    run.task().call("GET", "/x")
    assert run.service.renewals == 2


@pytest.mark.parametrize("error", [ConnectionFailed("refused"), Unavailable("busy", status=503)])
def test_a_renewal_that_has_time_is_tried_again_later(error: TokenflowError) -> None:
    run = locked()
    run.pass_time(310)
    run.service.renewal_errors = [error]
    assert run.task().call("PUT", "/x").status == 200
    assert (set(run.used), notes(run)[RENEWING]) == ({"login-1"}, False)
    assert run.task().call("PUT", "/x").status == 200
    assert (run.service.logins, notes(run)[LOCKED]) == (1, True)
    assert run.used[-1] != "login-1"


def test_a_lock_that_ran_out_is_lost_and_not_logged_in_over() -> None:
    run = locked()
    run.pass_time(601)
    run.service.expire()
    with pytest.raises(LockLost, match="configuration lock") as caught:
        run.task().call("PUT", "/x")
    assert "not carried out" in caught.value.hint
    assert (run.service.logins, run.service.renewals) == (1, 0)
    assert set(run.used) == {"login-1"}
    assert run.store.token is None


def test_only_the_service_knows_whether_a_lock_ran_out() -> None:
    """Its clock may be another: while it accepts the token, the lock is there and can be released."""
    run = locked()
    run.pass_time(601)
    run.task().call("POST", "/unlock")
    assert set(run.used) == {"login-1"}
    run.task().call("GET", "/x")
    assert run.used[-1] == "login-2"


def test_a_lock_whose_token_is_no_longer_accepted_is_lost_and_not_logged_in_over() -> None:
    run = locked()
    run.service.expire()
    with pytest.raises(LockLost, match="no longer accepted"):
        run.task().call("PUT", "/x")
    assert run.service.logins == 1
    assert run.used == ["login-1", "login-1"]
    assert run.store.token is None


def test_after_a_lost_lock_there_is_a_login_again() -> None:
    run = locked()
    run.service.expire()
    session = run.task()
    with pytest.raises(LockLost):
        session.call("PUT", "/x")
    assert session.call("GET", "/x").status == 200
    assert run.used[-1] == "login-2"


@pytest.mark.parametrize("error", [LoginFailed("refused as malformed", status=400), CredentialsRejected("rejected", status=403)])
def test_a_renewal_that_fails_leaves_the_token_that_can_still_release_the_lock(error: TokenflowError) -> None:
    run = locked()
    run.pass_time(580)
    run.service.renewal_errors = [error]
    session = run.task()
    session.call("PUT", "/x")
    (warning,) = session.warnings
    assert error.message in warning
    assert "configuration lock" in warning
    assert (run.service.logins, set(run.used)) == (1, {"login-1"})
    assert notes(run)[LOCKED] is True


def test_a_renewal_that_failed_is_not_tried_again_with_each_request() -> None:
    run = locked()
    run.pass_time(580)
    run.service.renewal_errors = [LoginFailed("refused as malformed", status=400)]
    for _round in range(5):
        run.task().call("PUT", "/x")
    run.task().call("POST", "/unlock")
    assert (run.service.logins, run.service.renewals) == (1, 1)


def test_after_a_failed_renewal_and_a_released_lock_there_is_a_login() -> None:
    run = locked()
    run.pass_time(580)
    run.service.renewal_errors = [LoginFailed("refused as malformed", status=400)]
    run.task().call("POST", "/unlock")
    run.pass_time(60)
    run.service.expire()
    assert run.task().call("GET", "/x").status == 200
    assert run.used[-1] == "login-2"


@pytest.mark.parametrize(("arrived", "hint"), [(True, "hangs on a token that nobody has"), (False, "")])
def test_a_renewal_that_may_have_arrived_says_what_that_means(arrived: bool, hint: str) -> None:
    run = locked()
    run.pass_time(580)
    run.service.renewal_errors = [ConnectionFailed("broke", may_have_arrived=arrived)]
    with pytest.raises(ConnectionFailed) as caught:
        run.task().call("PUT", "/x")
    assert (hint in caught.value.hint) if hint else not caught.value.hint
    assert run.service.logins == 1


def test_a_service_that_is_busy_at_renewal_is_that_error() -> None:
    run = locked()
    run.pass_time(580)
    run.service.renewal_errors = [Unavailable("busy", status=503)]
    with pytest.raises(Unavailable):
        run.task().call("PUT", "/x")
    assert run.task().call("PUT", "/x").status == 200
    assert (run.service.logins, run.service.renewals, notes(run)[LOCKED]) == (1, 2, True)


def test_a_released_lock_does_not_stand_in_the_way() -> None:
    run = locked()
    run.task().call("POST", "/unlock")
    run.pass_time(601)
    assert run.task().call("GET", "/x").status == 200
    assert run.used[-1] == "login-2"


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (ConnectionFailed("broke", may_have_arrived=True), True),
        (BadAnswer("no token in it"), True),
        (KeyboardInterrupt(), True),
        (ConnectionFailed("refused"), False),
        (Unavailable("busy", status=503), False),
        (LoginFailed("refused as malformed", status=400), False),
    ],
)
def test_a_renewal_whose_outcome_is_not_known_is_noted_with_the_token(error: Any, unknown: bool) -> None:
    run = locked()
    run.pass_time(580)
    run.service.renewal_errors = [error]
    with contextlib.suppress(type(error)):
        run.task().call("PUT", "/x")
    assert bool(notes(run).get(RENEWING)) is unknown
    assert notes(run)[LOCKED] is True


def test_a_renewal_is_noted_before_it_is_tried_and_no_longer_when_it_was_made() -> None:
    run = locked()
    run.pass_time(580)
    run.service.renewal_errors = [ConnectionFailed("broke", may_have_arrived=True)]
    with pytest.raises(ConnectionFailed):
        run.task().call("PUT", "/x")
    run.task().call("PUT", "/x")
    assert (run.service.renewals, bool(notes(run).get(RENEWING))) == (2, False)


def test_a_renewal_on_which_nothing_hangs_is_not_noted() -> None:
    run = Run(can_renew=True)
    run.task().call("GET", "/x")
    run.pass_time(580)
    run.service.renewal_errors = [ConnectionFailed("broke", may_have_arrived=True)]
    with pytest.raises(ConnectionFailed):
        run.task().call("GET", "/x")
    assert RENEWING not in notes(run)


# Forced and ended


def test_a_forced_token_keeps_the_lock() -> None:
    run = locked()
    assert run.task().force().notes[LOCKED] is True
    assert (run.service.logins, run.service.renewals) == (1, 1)


@pytest.mark.parametrize("error", [LoginFailed("refused as malformed", status=400), CredentialsRejected("rejected", status=403)])
def test_a_forced_token_that_cannot_be_had_is_an_error_and_no_login(error: TokenflowError) -> None:
    run = locked()
    run.service.renewal_errors = [error]
    with pytest.raises(type(error)):
        run.task().force()
    assert (run.service.logins, notes(run)[LOCKED]) == (1, True)
    assert run.task().call("POST", "/unlock").status == 200


def test_a_forced_token_after_the_end_says_that_the_lock_is_gone() -> None:
    run = locked()
    run.pass_time(601)
    session = run.task()
    assert session.force().value == "login-2"
    (warning,) = session.warnings
    assert "configuration lock" in warning


def test_end_does_not_leave_a_lock_behind() -> None:
    run = locked()
    with pytest.raises(Locked, match="holds the configuration lock"):
        run.task().end()
    assert notes(run)[LOCKED] is True
    run.task().call("POST", "/unlock")
    assert run.task().end() == (True, True)


# What a token may come to hold


def test_an_intent_is_kept_while_the_answer_is_not_known() -> None:
    run = Run(can_renew=True)
    session = run.task()
    with session.noting_intent():
        assert notes(run)[INTENT] is True
        session.call("POST", "/lock")
    assert (notes(run)[INTENT], notes(run)[LOCKED]) == (False, True)
    assert run.service.time == START


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (Locked("taken", status=423), False),
        (ConnectionFailed("refused"), False),
        (ConnectionFailed("broke", may_have_arrived=True), True),
        (KeyboardInterrupt(), True),
    ],
)
def test_an_intent_ends_when_it_is_known_to_have_come_to_nothing(error: BaseException, kept: bool) -> None:
    run = Run(can_renew=True)
    with pytest.raises(type(error)), run.task().noting_intent():
        raise error
    assert notes(run)[INTENT] is kept


def test_an_intent_with_a_given_token_is_not_kept() -> None:
    run = Run(can_renew=True, token="given-token")
    run.service.good = {"given-token"}
    session = run.task()
    with session.noting_intent():
        session.call("POST", "/lock")
    assert run.store.saves == []


def test_an_intent_does_not_undo_that_the_login_was_refused() -> None:
    run = Run(can_renew=True)
    run.task().call("GET", "/x")
    run.service.expire()
    run.service.login_errors = [CredentialsRejected("wrong", status=403)] * 5
    for _round in range(3):
        session = run.task()
        with pytest.raises(CredentialsRejected), session.noting_intent():
            session.call("POST", "/lock")
    assert run.service.logins == 2


def test_an_intent_does_not_undo_that_the_lock_was_lost() -> None:
    run = locked()
    run.service.expire()
    session = run.task()
    with pytest.raises(LockLost), session.noting_intent():
        session.call("POST", "/lock")
    assert (run.service.logins, run.store.token) == (1, None)


def test_a_lock_that_another_worker_carried_on_is_not_lost() -> None:
    """Two hosts share an appliance: one renews the token between two requests of the other."""
    run = locked()
    slow = run.task()
    slow.call("GET", "/x")
    run.task().force()
    assert slow.call("PUT", "/x").status == 200
    assert run.used[-2:] == ["login-1", "renewal-1"]
    assert (run.service.logins, notes(run)[LOCKED]) == (1, True)


def test_what_is_learnt_of_an_old_token_does_not_displace_the_new_one() -> None:
    run = Run(can_renew=True)
    slow = run.task()
    slow.call("GET", "/x")
    run.pass_time(1)
    renewed = run.task().force()
    with slow.noting_intent():
        pass
    assert run.store.token is not None
    assert run.store.token.value == renewed.value
