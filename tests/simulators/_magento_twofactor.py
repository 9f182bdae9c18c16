# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two-factor authentication of the Magento simulator: the login routes' answers, TOTP, enrolment (contract §4)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
from collections.abc import Callable
from typing import Any

import pyotp

from ._magento_errors import InternalError, WebapiError, bad_request, no_such_entity
from ._magento_routes import ANONYMOUS, Decorator, route
from ._magento_shop import ADMIN, AdminUser, Call, Caller, Row, Shop

STATES = ("off", "no_provider", "not_enrolled", "mail_fails", "enrolled")
ASK_ADMINISTRATOR = "Please ask an administrator with sufficient access to configure 2FA first"
MUST_ENROL = "You are required to configure personal Two-Factor Authorization in order to login. Please check your email."
MAIL_FAILED = "Failed to send the message. Please contact the administrator"
USE_PROVIDER = "Please use the 2fa provider-specific endpoints to obtain a token."
NOT_ALLOWED, NOT_CONFIGURED, ALREADY_CONFIGURED = "Provider is not allowed.", "Provider is not configured.", "Provider is already configured."
BAD_CODE, BAD_TFA_TOKEN = "Invalid code.", "Invalid two-factor authorization token"
PERIOD, LEEWAY = 30, 29
TFA_TOKEN_SECONDS = 3600
GOOGLE = "google"
PROVIDERS = {
    "google": ("Google Authenticator", "tfa/google", ("qr", "configurepost", "authpost")),
    "duo_security": ("Duo Security", "tfa/duo", ("authpost",)),
    "authy": ("Authy", "tfa/authy", ("configurepost", "configureverifypost", "authpost", "token", "onetouch", "verifyonetouch")),
    "u2fkey": ("U2F (Yubikey and others)", "tfa/u2f", ("saveconfig", "authpost")),
}


class TwoFactor:
    """The state of each user, the TOTP check and the enrolment mails."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.user_states: dict[int, str] = {}
        self.default_providers: dict[int, str] = {}
        self.chosen_providers: dict[int, str] = {}
        self.mails: list[dict[str, Any]] = []

    def state(self, user_id: int) -> str:
        """A user's state: what a control action set for this user, else the switch."""
        return self.user_states.get(user_id, self.shop.on("two_factor"))

    def forced(self, user_id: int) -> list[str]:
        return [] if self.state(user_id) == "no_provider" else [GOOGLE]

    def code(self, user: AdminUser) -> str:
        return pyotp.TOTP(user.otp_secret).at(self.shop.now())

    def codes(self, user: AdminUser) -> list[str]:
        """The codes around now, so that they can be kept out of the journal."""
        now = self.shop.now()
        return [pyotp.TOTP(user.otp_secret).at(now + PERIOD * step) for step in (-1, 0, 1)]

    def verify(self, user: AdminUser, otp: str) -> bool:
        """Whether a code is right now; the same code can be used again within its time.

        From 2.4.7-p1 the clock may be 29 seconds off either way, before that one window (contract §4).
        """
        totp, now = pyotp.TOTP(user.otp_secret), self.shop.now()
        if not otp:
            return False
        if self.leeway() == "window":
            return totp.verify(otp, for_time=now, valid_window=1)
        return any(totp.verify(otp, for_time=moment) for moment in (now, now - LEEWAY, now + LEEWAY))

    def leeway(self) -> str:
        chosen = self.shop.on("otp_leeway")
        return chosen or ("seconds" if self.shop.release >= (2, 4, 7) else "window")

    def refuse_plain_login(self, user: AdminUser) -> WebapiError:
        """The plain token endpoint's answer to right credentials (contract §4)."""
        state = self.state(user.id)
        if state == "no_provider":
            return bad_request(ASK_ADMINISTRATOR)
        if state == "mail_fails":
            return bad_request(MAIL_FAILED)
        if state == "not_enrolled":
            self.mails.append({"to": user.email, "username": user.username, "tfa_token": self._new_token(user)})
            return bad_request(MUST_ENROL, {"providers": [GOOGLE], "active_providers": []})
        return bad_request(USE_PROVIDER, {"active_providers": [GOOGLE]})

    def check_provider(self, user: AdminUser, provider: str) -> None:
        """:raises WebapiError: 400 if the provider is not forced, or the user not enrolled with it."""
        if provider not in self.forced(user.id):
            raise bad_request(NOT_ALLOWED)
        if self.state(user.id) != "enrolled":
            raise bad_request(NOT_CONFIGURED)

    def _new_token(self, user: AdminUser) -> str:
        data = json.dumps({"user_id": user.id, "iss": self.shop.now(), "nonce": secrets.token_hex(8)}, separators=(",", ":"))
        return base64.b64encode(f"{data}.{self._seal(data)}".encode()).decode()

    def _seal(self, data: str) -> str:
        secret = hashlib.sha256(b"tfa" + data.encode() + "".join(user.otp_secret for user in self.shop.admins).encode())
        return secret.hexdigest()

    def user_of(self, tfa_token: str, provider: str) -> AdminUser:
        """The user whom an enrolment token from the mail names.

        :raises WebapiError: 401 for a bad token, 400 if the provider is not allowed or already configured.
        """
        try:
            data, _dot, seal = base64.b64decode(tfa_token, validate=True).decode().rpartition(".")
            content = json.loads(data)
            user = next(user for user in self.shop.admins if user.id == content["user_id"])
            issued = int(content["iss"])
        except (ValueError, KeyError, TypeError, StopIteration) as error:
            raise WebapiError(401, BAD_TFA_TOKEN) from error
        if provider not in self.forced(user.id):
            raise bad_request(NOT_ALLOWED)
        if self.state(user.id) == "enrolled":
            raise bad_request(ALREADY_CONFIGURED)
        if seal != self._seal(data) or issued + TFA_TOKEN_SECONDS < self.shop.now():
            raise WebapiError(401, BAD_TFA_TOKEN)
        return user

    def provider(self, code: str) -> Row:
        name, actions, extra = PROVIDERS[code]
        return {
            "enabled": code == GOOGLE,
            "engine": {"enabled": code == GOOGLE},
            "code": code,
            "name": name,
            "icon": f"Magento_TwoFactorAuth::images/providers/{code}.png",
            "reset_allowed": True,
            "configure_action": f"{actions}/configure",
            "auth_action": f"{actions}/auth",
            "extra_actions": [f"{actions}/{action}" for action in extra],
        }

    def admin(self, user_id: int) -> AdminUser:
        user = next((user for user in self.shop.admins if user.id == user_id), None)
        if user is None:
            raise no_such_entity("userId", user_id)
        return user


def qr_code(text: str) -> str:
    """A QR code as a PNG image in base64, as the enrolment shows it."""
    # Imported here: only this one answer needs an image.
    from PIL import Image
    from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

    code = QRCode(None, QRErrorCorrectLevel.H)
    code.addData(text)
    code.make()
    size = code.getModuleCount()
    image = Image.new("1", (size, size), 1)
    image.putdata([0 if code.isDark(row, column) else 1 for row in range(size) for column in range(size)])
    stream = io.BytesIO()
    image.resize((400, 400)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def _two_factor(shop: Shop) -> bool:
    return shop.has_two_factor


@route(
    "POST",
    "integration/admin/token",
    "TwoFactorAuth\\Api\\AdminTokenServiceInterface::createAdminAccessToken",
    ANONYMOUS,
    parameters="username:string password:string",
    returns="string",
    available=_two_factor,
)
def refuse_admin_token(call: Call, username: str, password: str) -> str:
    user = call.services.logins.admin_user(username, password)
    raise call.services.two_factor.refuse_plain_login(user)


@route(
    "POST",
    "tfa/provider/google/authenticate",
    "TwoFactorAuth\\Api\\GoogleAuthenticateInterface::createAdminAccessToken",
    ANONYMOUS,
    parameters="username:string password:string otp:string",
    returns="string",
    available=_two_factor,
)
def authenticate_google(call: Call, username: str, password: str, otp: str) -> str:
    two_factor: TwoFactor = call.services.two_factor
    user = call.services.logins.admin_user(username, password)
    two_factor.check_provider(user, GOOGLE)
    if not two_factor.verify(user, otp):
        raise WebapiError(401, BAD_CODE)
    return call.services.tokens.issue(Caller(ADMIN, user.id))


@route(
    "POST",
    "tfa/provider/google/configure",
    "TwoFactorAuth\\Api\\GoogleConfigureInterface::getConfigurationData",
    ANONYMOUS,
    parameters="tfaToken:string",
    returns="GoogleConfiguration",
    available=_two_factor,
)
def configure_google(call: Call, tfa_token: str) -> Row:
    user = call.services.two_factor.user_of(tfa_token, GOOGLE)
    host = call.shop.base_url.split("/")[2]
    uri = pyotp.TOTP(user.otp_secret).provisioning_uri(name=user.email, issuer_name=host)
    return {"qr_code_base64": qr_code(uri), "secret_code": user.otp_secret}


@route(
    "POST",
    "tfa/provider/google/activate",
    "TwoFactorAuth\\Api\\GoogleConfigureInterface::activate",
    ANONYMOUS,
    parameters="tfaToken:string otp:string",
    available=_two_factor,
)
def activate_google(call: Call, tfa_token: str, otp: str) -> None:
    two_factor: TwoFactor = call.services.two_factor
    user = two_factor.user_of(tfa_token, GOOGLE)
    if not two_factor.verify(user, otp):
        raise WebapiError(401, BAD_CODE)
    two_factor.user_states[user.id] = "enrolled"


def _refuse_provider(provider: str, path: str, service: str, parameters: str, available: Callable[[Shop], bool] = _two_factor) -> None:
    """A login route of a provider that is not forced here: right credentials get the answer of contract §4."""

    @route("POST", f"tfa/provider/{provider}/{path}", service, ANONYMOUS, parameters=parameters, returns="string", available=available)
    def refuse(call: Call, username: str, password: str, **_more: Any) -> str:
        user = call.services.logins.admin_user(username, password)
        call.services.two_factor.check_provider(user, provider)
        raise InternalError(f"the flow of provider {provider} is not known")


_CREDENTIALS = "username:string password:string"
_refuse_provider("authy", "authenticate", "TwoFactorAuth\\Api\\AuthyAuthenticateInterface::createAdminAccessTokenWithCredentials", f"{_CREDENTIALS} otp:string")
_refuse_provider("authy", "send-token/:via", "TwoFactorAuth\\Api\\AuthyAuthenticateInterface::sendToken", f"{_CREDENTIALS} via:string")
_refuse_provider("authy", "authenticate-onetouch", "TwoFactorAuth\\Api\\AuthyAuthenticateInterface::createAdminAccessTokenWithOneTouch", _CREDENTIALS)
_refuse_provider("u2fkey", "authentication-challenge", "TwoFactorAuth\\Api\\U2fKeyAuthenticateInterface::getAuthenticationData", _CREDENTIALS)
_refuse_provider(
    "u2fkey", "verify", "TwoFactorAuth\\Api\\U2fKeyAuthenticateInterface::createAdminAccessToken", f"{_CREDENTIALS} publicKeyCredentialJson:string"
)
_refuse_provider(
    "duo_security",
    "authenticate",
    "TwoFactorAuth\\Api\\DuoAuthenticateInterface::createAdminAccessTokenWithCredentials",
    f"{_CREDENTIALS} signatureResponse:string",
)


_refuse_provider(
    "duo_security",
    "get-authentication-data",
    "TwoFactorAuth\\Api\\DuoAuthenticateInterface::getAuthenticateData",
    _CREDENTIALS,
    lambda shop: shop.has_two_factor and shop.release <= (2, 4, 7),
)


def _refuse_enrolment(provider: str, path: str, service: str, parameters: str) -> None:
    """An enrolment route of a provider that is not forced here."""

    @route("POST", f"tfa/provider/{provider}/{path}", service, ANONYMOUS, parameters=f"tfaToken:string {parameters}", available=_two_factor)
    def refuse(call: Call, tfa_token: str, **_more: Any) -> None:
        call.services.two_factor.user_of(tfa_token, provider)
        raise InternalError(f"the flow of provider {provider} is not known")


for _provider, _service, _configure, _activate in (
    ("authy", "AuthyConfigureInterface", "deviceData:array", "otp:string"),
    ("u2fkey", "U2fKeyConfigureInterface", "", "publicKeyCredentialJson:string"),
    ("duo_security", "DuoConfigureInterface", "", "signatureResponse:string"),
):
    _refuse_enrolment(_provider, "configure", f"TwoFactorAuth\\Api\\{_service}::getConfigurationData", _configure)
    _refuse_enrolment(_provider, "activate", f"TwoFactorAuth\\Api\\{_service}::activate", _activate)


def _read_only(path: str, service: str, parameters: str = "", returns: str = "TwoFactorProvider[]") -> Decorator:
    return route("GET", path, service, "Magento_TwoFactorAuth::tfa", parameters=parameters, returns=returns, available=_two_factor)


@_read_only("tfa/installed-providers", "TwoFactorAuth\\Api\\TfaInterface::getAllProviders")
def installed_providers(call: Call) -> list[Row]:
    return [call.services.two_factor.provider(code) for code in PROVIDERS]


@_read_only("tfa/forced-providers", "TwoFactorAuth\\Api\\TfaInterface::getForcedProviders")
def forced_providers(call: Call) -> list[Row]:
    return [] if call.shop.on("two_factor") == "no_provider" else [call.services.two_factor.provider(GOOGLE)]


@_read_only("tfa/user-providers/:userId", "TwoFactorAuth\\Api\\TfaInterface::getUserProviders", "userId:int")
def user_providers(call: Call, user_id: int) -> list[Row]:
    two_factor: TwoFactor = call.services.two_factor
    return [two_factor.provider(code) for code in two_factor.forced(two_factor.admin(user_id).id)]


@_read_only("tfa/providers-to-activate/:userId", "TwoFactorAuth\\Api\\TfaInterface::getProvidersToActivate", "userId:int")
def providers_to_activate(call: Call, user_id: int) -> list[Row]:
    two_factor: TwoFactor = call.services.two_factor
    two_factor.admin(user_id)
    return [] if two_factor.state(user_id) == "enrolled" else user_providers(call, user_id)


@_read_only("tfa/default-provider-code/:userId", "TwoFactorAuth\\Api\\UserConfigManagerInterface::getDefaultProvider", "userId:int", "string")
def default_provider(call: Call, user_id: int) -> str:
    return call.services.two_factor.default_providers.get(call.services.two_factor.admin(user_id).id, "")


@route(
    "PUT",
    "tfa/default-provider-code/:userId",
    "TwoFactorAuth\\Api\\UserConfigManagerInterface::setDefaultProvider",
    "Magento_TwoFactorAuth::tfa",
    parameters="userId:int providerCode:string",
    returns="boolean",
    available=_two_factor,
)
def set_default_provider(call: Call, user_id: int, provider_code: str) -> bool:
    call.services.two_factor.default_providers[call.services.two_factor.admin(user_id).id] = provider_code
    return True


@route(
    "PUT",
    "tfa/user-providers/:userId",
    "TwoFactorAuth\\Api\\TfaInterface::setProvidersCodes",
    "Magento_TwoFactorAuth::tfa",
    parameters="userId:int providersCodes:string",
    returns="boolean",
    available=_two_factor,
)
def set_user_providers(call: Call, user_id: int, providers_codes: str) -> bool:
    call.services.two_factor.chosen_providers[call.services.two_factor.admin(user_id).id] = providers_codes
    return True


def _tfat(path: str, service: str) -> Decorator:
    return route("GET", path, f"TwoFactorAuth\\Api\\{service}", ANONYMOUS, parameters="tfaToken:string", returns="TwoFactorProvider[]", available=_two_factor)


@_tfat("tfa/tfat-user-providers", "TfatActionsInterface::getUserProviders")
@_tfat("tfa/tfat-providers-to-activate", "TfatActionsInterface::getProvidersToActivate")
def tfat_providers(call: Call, tfa_token: str) -> list[Row]:
    two_factor: TwoFactor = call.services.two_factor
    try:
        user = two_factor.user_of(tfa_token, GOOGLE)
    except WebapiError as error:
        if error.status == 401:
            # Unlike the other routes these do not catch a token that cannot be read (contract §4).
            raise InternalError("Syntax error") from error
        raise
    return [two_factor.provider(code) for code in two_factor.forced(user.id)]
