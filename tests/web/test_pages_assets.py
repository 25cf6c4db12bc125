"""Files with a hash in their address, and badges for READMEs."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from tests.web import pages_app
from web import assets


@pytest.fixture(scope="module")
def jonas() -> FlaskClient:
    story = pages_app.told()
    return pages_app.sign_in(pages_app.make(story), story, "jonas")[0]


def addresses(page: str) -> set[str]:
    return set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))


def test_every_file_of_a_page_is_kept_for_a_year_under_its_hash(jonas: FlaskClient) -> None:
    found = addresses(jonas.get("/").text)
    assert len(found) > 6
    for address in found:
        answer = jonas.get(address)
        assert answer.status_code == 200
        assert f"/{assets.stamp()}/" in address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_fonts_are_found_from_the_style_that_names_them(jonas: FlaskClient) -> None:
    style = next(one for one in addresses(jonas.get("/").text) if one.endswith("sluice.css"))
    for name in re.findall(r'url\("(vendor/[^"]+)"\)', jonas.get(style).text):
        answer = jonas.get(style.replace("sluice.css", name))
        assert answer.headers["Content-Type"] == "font/woff2"
        assert answer.data[:4] == b"wOF2"


def test_an_older_hash_gets_what_there_is_and_is_not_kept(jonas: FlaskClient) -> None:
    answer = jonas.get("/static/0123456789abcdef/sluice.css")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_text_is_sent_compressed_to_who_takes_it(jonas: FlaskClient) -> None:
    address = f"/static/{assets.stamp()}/sluice.css"
    plain, zipped = jonas.get(address), jonas.get(address, headers={"Accept-Encoding": "gzip"})

    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < len(plain.data) / 2
    assert zipped.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["nothing.css", "../settings.py", "%2e%2e/settings.py", "vendor"])
def test_nothing_else_is_served(jonas: FlaskClient, name: str) -> None:
    assert jonas.get(f"/static/{assets.stamp()}/{name}").status_code == 404


def badge_of(client: FlaskClient, app: str) -> str:
    return re.findall(r'<img src="(/badge/[^"]+)"', client.get(f"/releases?app={app}").text)[0]


def test_a_badge_says_where_the_latest_release_stands_without_a_log_in(jonas: FlaskClient) -> None:
    answer = jonas.application.test_client().get(badge_of(jonas, "catalog"))

    assert answer.status_code == 200
    assert 'aria-label="catalog: 1.1.0 halted"' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_badge_that_has_not_changed_is_not_sent_again(jonas: FlaskClient) -> None:
    address = badge_of(jonas, "shop")
    tag = jonas.get(address).headers["ETag"]

    assert jonas.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_a_badge_is_for_its_app_alone(jonas: FlaskClient) -> None:
    address = badge_of(jonas, "shop")

    assert jonas.get(address.replace("/shop/", "/cart/")).status_code == 404
    assert jonas.get(address.replace("/shop/", "/none/")).status_code == 404
