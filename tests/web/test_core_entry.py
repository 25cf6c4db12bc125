"""Coming and going: passwords, sessions, and everything that tries to get around them."""

import re
from dataclasses import replace

import pytest

from web import create_app
from web.auth import COOKIE
from web.entry import FORM_COOKIE
from web.face import KEY

from .conftest import PASSWORD


def form(client, next_=""):
    page = client.get("/login", query_string={"next": next_} if next_ else {})
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def sign_in(client, name="mia", password=PASSWORD, **more):
    return client.post("/login", data={"csrf_token": form(client), "username": name, "password": password, **more})


def test_the_right_password_lets_in(anyone):
    answer = sign_in(anyone)

    assert answer.status_code == 303
    assert answer.location == "/"
    assert anyone.get_cookie(COOKIE) is not None


def test_the_cookie_is_kept_from_scripts_and_other_sites(anyone):
    cookie = next(line for line in sign_in(anyone).headers.getlist("Set-Cookie") if line.startswith(COOKIE))

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("mia", "wrong"),
        ("mia", ""),
        ("nobody", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("*)(uid=*", PASSWORD),
        ("MIA\0", PASSWORD),
        ("x" * 10_000, "y" * 10_000),
    ],
)
def test_anything_else_does_not(anyone, name, password):
    answer = sign_in(anyone, name, password)

    assert answer.status_code == 401
    assert "do not fit" in answer.text
    assert anyone.get_cookie(COOKIE) is None


def test_a_disabled_account_does_not_sign_in(anyone, here):
    here.people.change("mia", disabled=True, actor="root")

    assert sign_in(anyone).status_code == 401


def test_an_account_is_locked_for_an_address_after_ten_wrong_passwords(anyone):
    answers = [sign_in(anyone, password="wrong").status_code for _ in range(10)]
    locked = sign_in(anyone)

    assert answers == [401] * 10
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) > 0
    assert sign_in(anyone, "lena").status_code == 303


def test_right_passwords_do_not_lock_anybody(app):
    assert [sign_in(app.test_client()).status_code for _ in range(12)] == [303] * 12


def test_a_session_planted_before_is_not_the_session_after(anyone):
    anyone.set_cookie(COOKIE, "planted")
    sign_in(anyone)

    assert anyone.get_cookie(COOKIE).value != "planted"


@pytest.mark.parametrize("cookie", ["", "x", "é", "' OR 1=1 --", "a" * 4000])
def test_a_forged_cookie_is_nobody(anyone, cookie):
    anyone.set_cookie(COOKIE, cookie)

    assert anyone.get("/api/whoami").status_code == 401


def test_signing_out_ends_the_session_here_too(browser, app):
    mia = browser("mia")
    cookie = mia.client.get_cookie(COOKIE).value
    answer = mia.post("/logout")
    again = app.test_client()
    again.set_cookie(COOKIE, cookie)

    assert answer.location == "/login"
    assert again.get("/api/whoami").status_code == 401


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"disabled": True}, {"password_hash": "-"}])
def test_a_changed_account_has_to_sign_in_again(browser, here, change):
    mia = browser("mia")
    assert mia.client.get("/api/whoami").status_code == 200

    here.people.change("mia", actor="root", **change)

    assert mia.client.get("/api/whoami").status_code == 401


@pytest.mark.parametrize(
    "next_", ["//e", "/\\e", "\t//e", "https:e", "///e", "/%09/e", "javascript:alert(1)", "/@e", "https://e", "x"]
)
def test_a_login_leads_to_pages_by_name_only(anyone, next_):
    answer = sign_in(anyone, next=next_)

    assert answer.location == "/"
    assert next_ not in anyone.get("/login", query_string={"next": next_}).text


def test_a_login_leads_to_the_page_that_was_asked_for(anyone):
    assert sign_in(anyone, next="approvals").location == "/approvals"


def test_whoever_is_signed_in_does_not_see_the_form(browser):
    assert browser("mia").client.get("/login").location == "/"


@pytest.mark.parametrize("token", ["", "x", "é"])
def test_the_form_needs_its_token(anyone, token):
    form(anyone)
    answer = anyone.post("/login", data={"csrf_token": token, "username": "mia", "password": PASSWORD})

    assert answer.status_code == 403
    assert "csrf.token" in answer.text


def test_the_token_belongs_to_the_browser_it_was_shown_in(app):
    stolen = form(app.test_client())
    other = app.test_client()
    other.get("/login")

    answer = other.post("/login", data={"csrf_token": stolen, "username": "mia", "password": PASSWORD})

    assert answer.status_code == 403
    assert other.get_cookie(FORM_COOKIE, path="/login") is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost"},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_another_site_cannot_post_here(browser, path, headers):
    mia = browser("mia")
    answer = mia.client.post(path, data={"csrf_token": mia.csrf}, headers=headers)

    assert answer.status_code == 403
    assert "csrf.cross_site" in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}])
def test_our_own_site_can(browser, headers):
    mia = browser("mia")

    assert mia.client.post("/logout", data={"csrf_token": mia.csrf}, headers=headers).status_code == 303


def test_signing_out_needs_the_token(browser):
    mia = browser("mia")

    assert mia.client.post("/logout", data={"csrf_token": "x"}).status_code == 403
    assert mia.client.get("/api/whoami").status_code == 200


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ({"username": "x" * 70_000}, "application/x-www-form-urlencoded", 413),
        ({"username": "mia"}, "multipart/form-data", 415),
        ("{}", "application/json", 415),
    ],
)
def test_a_form_is_small_and_plain(anyone, data, kind, status):
    assert anyone.post("/login", data=data, content_type=kind).status_code == status


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:81", "evil.example:80"])
def test_another_name_for_this_host_is_refused(anyone, host):
    answer = anyone.get("/login", headers={"Host": host})

    assert answer.status_code == 400
    assert "http.host" in answer.text


@pytest.mark.parametrize("path", ["/login", "/api/whoami", "/nothing", "/healthz", "/static/sluice.css"])
def test_every_answer_is_armoured(anyone, path):
    with anyone.get(path) as answer:
        headers = answer.headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Request-Id"]


def test_scripts_of_a_page_carry_its_nonce_and_no_two_pages_share_one(anyone):
    pages = [anyone.get("/login") for _ in range(2)]
    nonces = [re.search(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])[1] for page in pages]

    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}"' in pages[0].text
    assert "'unsafe" not in pages[0].headers["Content-Security-Policy"]


def test_over_https_the_cookie_stays_on_https(settings):
    app = create_app(replace(settings, base_url="https://sluice.example.com"))
    page = app.test_client().get("/login", base_url="https://sluice.example.com")
    app.extensions[KEY].sessions.engine.dispose()

    assert "Secure" in page.headers["Set-Cookie"]
    assert "max-age=" in page.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", ["/nothing", "/releases/x", "/login/../../etc/passwd"])
def test_an_unknown_address_is_a_page_with_words(anyone, path):
    answer = anyone.get(path)

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
