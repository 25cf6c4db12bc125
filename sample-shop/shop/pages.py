"""The pages of the shop, from the shelf to the order."""

import re
import secrets

from flask import Blueprint, Flask, abort, current_app, g, redirect, render_template, request, url_for
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from . import cart, orders
from .catalogue import BY_SKU, PHONES, Phone
from .orders import Customer, NoOrder, Origin, SoldOut
from .settings import Settings

pages = Blueprint("pages", __name__)
FIELDS = {"name": 100, "email": 200, "street": 200, "city": 200}  # the longest that the tables hold
SECRET = re.compile(r"[\w-]{22,64}", re.ASCII)
YEAR = 365 * 24 * 3600


@pages.get("/")
def shelf() -> str:
    """Everything there is."""
    offer = next(phone for phone in PHONES if phone.limited)
    return render_template("shelf.html", offer=offer, phones=[phone for phone in PHONES if not phone.limited])


@pages.get("/phones/<sku>")
def phone(sku: str) -> str:
    """One phone."""
    return render_template("phone.html", phone=_phone(sku))


@pages.get("/cart")
def show_cart() -> str:
    """What the buyer has chosen."""
    return _cart_page()


@pages.post("/cart")
def add_to_cart() -> Response:
    """One more phone, then to the cart or straight to the checkout."""
    chosen = _phone(request.form.get("sku", ""))
    buyer = _buyer() or secrets.token_urlsafe(24)
    cart.add(_database(), buyer, chosen)
    response = redirect(url_for("pages.checkout" if request.form.get("then") == "checkout" else "pages.show_cart"), 303)
    response.set_cookie("buyer", buyer, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


@pages.post("/cart/<sku>")
def change_cart(sku: str) -> Response:
    """Another number of a phone, or none."""
    quantity = request.form.get("quantity", "")
    if not re.fullmatch(r"[0-9]{1,3}", quantity):
        abort(400, "The number of phones is a whole number from 0 to 5.")
    cart.change(_database(), _buyer(), _phone(sku).sku, int(quantity))
    return redirect(url_for("pages.show_cart"), 303)


@pages.get("/checkout")
def checkout() -> str | Response:
    """The form that makes an order."""
    with _database().connect() as connection:
        lines = cart.read(connection, _buyer())
    if not lines:
        return redirect(url_for("pages.show_cart"), 303)
    return _checkout_page(lines, filled={}, wrong={})


@pages.post("/checkout")
def place_order() -> Response | tuple[str, int]:
    """Make the order; the same form sent again leads to the same order."""
    filled = {field: " ".join(request.form.get(field, "").split()) for field in FIELDS}
    token = request.form.get("token", "")
    if wrong := _what_is_wrong(filled):
        with _database().connect() as connection:
            lines = cart.read(connection, _buyer())
        return _checkout_page(lines, filled, wrong), 422
    if not SECRET.fullmatch(token) or not _buyer():
        return _cart_page("The form was incomplete. Open the checkout again."), 409
    settings = _settings()
    try:
        new = orders.place(_database(), Origin(_buyer(), token, settings.cluster, settings.version), Customer(**filled))
    except NoOrder as why:
        return _cart_page(str(why), sold_out=isinstance(why, SoldOut)), 409
    if new:
        current_app.extensions["gauges"].orders.labels(settings.version).inc()
    return redirect(url_for("pages.show_order", token=token), 303)


@pages.get("/orders/<token>")
def show_order(token: str) -> str:
    """The receipt, for its buyer alone."""
    with _database().connect() as connection:
        order = orders.find(connection, _buyer(), token)
    if order is None:
        abort(404)
    return render_template("order.html", order=order, shapes=BY_SKU)


def dress(app: Flask, settings: Settings) -> None:
    """Give every page what its frame shows, and errors a page of their own."""
    app.add_template_filter(euro)

    @app.context_processor
    def frame() -> dict[str, object]:
        with _database().connect() as connection:
            buyer = _buyer()
            return {
                "version": settings.version,
                "cluster": settings.cluster,
                "in_cart": cart.count(connection, buyer) if buyer else 0,
                "remaining": cart.remaining(connection, settings.cluster),
            }

    @app.errorhandler(HTTPException)
    def sorry(error: HTTPException) -> tuple[str, int]:
        code = error.code or 500
        return _error_page(settings, code, error.description if code == 400 else None), code


def euro(cents: int) -> str:
    """€1,149 or €9.90."""
    whole, rest = divmod(cents, 100)
    return f"€{whole:,}.{rest:02}" if rest else f"€{whole:,}"


def _error_page(settings: Settings, code: int, said: str | None) -> str:
    # Without the frame's look into the database: that may be what is broken.
    template = current_app.jinja_env.get_template("error.html")
    here = {"request": request, "url_for": url_for, "version": settings.version, "cluster": settings.cluster}
    return template.render(**here, code=code, said=said)


def _cart_page(trouble: str = "", *, sold_out: bool = False) -> str:
    with _database().connect() as connection:
        lines = cart.read(connection, _buyer())
    return render_template(
        "cart.html", lines=lines, total=cart.total(lines), most=cart.MOST_OF_ONE, trouble=trouble, sold_out=sold_out
    )


def _checkout_page(lines: list[cart.Line], filled: dict[str, str], wrong: dict[str, str]) -> str:
    token = request.form.get("token", "")
    return render_template(
        "checkout.html",
        lines=lines,
        total=cart.total(lines),
        token=token if SECRET.fullmatch(token) else secrets.token_urlsafe(24),
        filled=filled,
        wrong=wrong,
    )


def _what_is_wrong(filled: dict[str, str]) -> dict[str, str]:
    wrong = {}
    for field, longest in FIELDS.items():
        if not filled[field]:
            wrong[field] = "We need this to send the parcel."
        elif len(filled[field]) > longest:
            wrong[field] = f"This is too long; {longest} characters fit on the label."
    if "email" not in wrong and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", filled["email"]):
        wrong["email"] = "Write an address like ada@example.org."
    return wrong


def _phone(sku: str) -> Phone:
    if sku not in BY_SKU:
        abort(404)
    return BY_SKU[sku]


def _buyer() -> str:
    """The buyer's own secret name, from the cookie; empty for somebody new."""
    if "buyer" not in g:
        found = request.cookies.get("buyer", "")
        g.buyer = found if SECRET.fullmatch(found) else ""
    return str(g.buyer)


def _database() -> Engine:
    database: Engine = current_app.extensions["database"]
    return database


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
