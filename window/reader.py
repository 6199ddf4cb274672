"""Who is reading: a user who logged in, or else a browser, known by a cookie that nobody can guess."""

from __future__ import annotations

import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "dateline_reader"
_DAYS_400 = 400 * 24 * 3600  # the longest that browsers keep one


class ReaderCookie:
    """Gives every browser that has none a random cookie, out of reach of scripts and of other sites."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or COOKIE in _cookies(scope):
            await self._app(scope, receive, send)
            return

        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    value = f"{COOKIE}={secrets.token_urlsafe(24)}; Max-Age={_DAYS_400}; Path=/; HttpOnly; SameSite=Lax"
                    headers.append("set-cookie", value)
            await send(message)

        await self._app(scope, receive, give)


def owner(request: gr.Request) -> str:
    """Whose conversations a request may see: of the user, of the browser, or of this page alone where it has no cookie.

    The cookie is hashed: who reads the history's file cannot come as its owners.
    """
    if request.username:
        return f"user:{request.username}"
    cookie = request.cookies.get(COOKIE)
    return browser(cookie) if cookie else f"page:{request.session_hash}"


def browser(cookie: str) -> str:
    """The owner that a browser with this cookie is."""
    return f"browser:{hashlib.blake2b(cookie.encode(), digest_size=16).hexdigest()}"


def _cookies(scope: Scope) -> SimpleCookie:
    cookies = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies.load(value.decode("latin-1"))
            except CookieError:
                continue
    return cookies
