"""Who the terminal is, and where it keeps the proof."""

import json
import stat

import pytest

from tests.web.conftest import PASSWORD


def test_without_any_address_the_terminal_says_where_to_get_one(nobody):
    said = nobody("release", "list")

    assert said.exit_code == 2
    assert "sluice up" in said.output
    assert "sluice login" in said.output


def test_who_is_not_logged_in_is_told_how(nobody, url):
    said = nobody("release", "list", "--server", url)

    assert said.exit_code == 4
    assert "sluice login" in said.output


def test_a_log_in_is_kept_for_its_owner_alone_and_used_from_then_on(nobody, url):
    said = nobody("login", "--server", url, "--user", "mia", "--password-stdin", typed=f"{PASSWORD}\n")
    kept = nobody.folder / ".config" / "sluice" / "credentials"

    assert said.exit_code == 0, said.output
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert PASSWORD not in kept.read_text()
    assert nobody("whoami").output.startswith("mia, release manager")


def test_a_wrong_password_lets_nobody_in(nobody, url):
    said = nobody("login", "--server", url, "--user", "mia", "--password-stdin", typed="guess\n")

    assert said.exit_code == 4
    assert not (nobody.folder / ".config").exists()


def test_a_token_never_goes_to_another_address(nobody, url):
    nobody("login", "--server", url, "--user", "mia", "--password-stdin", typed=f"{PASSWORD}\n")

    said = nobody("whoami", "--server", url.replace("127.0.0.1", "localhost"))

    assert said.exit_code == 4


def test_a_token_is_never_sent_unencrypted_over_a_network(nobody):
    said = nobody("whoami", SLUICE_URL="http://sluice.example.com", SLUICE_TOKEN="slc_x")

    assert said.exit_code == 2
    assert "https" in said.output


def test_credentials_that_others_can_read_are_refused(nobody, url):
    nobody("login", "--server", url, "--user", "mia", "--password-stdin", typed=f"{PASSWORD}\n")
    kept = nobody.folder / ".config" / "sluice" / "credentials"
    kept.chmod(0o644)

    said = nobody("whoami")

    assert said.exit_code == 2
    assert f"chmod 600 {kept}" in said.output


@pytest.mark.parametrize("broken", ["", "[]", '{"last": "x"}', '{"last": "x", "logins": []}'])
def test_credentials_that_cannot_be_read_say_so(nobody, broken):
    kept = nobody.folder / ".config" / "sluice" / "credentials"
    kept.parent.mkdir(parents=True)
    kept.touch(mode=0o600)
    kept.write_text(broken)

    said = nobody("whoami")

    assert said.exit_code == 2
    assert "log in again" in said.output


def test_the_home_of_this_folder_comes_before_an_earlier_log_in(nobody, url, terminal):
    nobody("login", "--server", url, "--user", "mia", "--password-stdin", typed=f"{PASSWORD}\n")
    made = terminal("vera").env["SLUICE_TOKEN"]
    kept = nobody.folder / "sluice-home" / "credentials"
    kept.parent.mkdir()
    kept.touch(mode=0o600)
    kept.write_text(json.dumps({"last": url, "logins": {url: made}}))

    assert nobody("whoami").output.startswith("vera")


def test_a_server_that_is_away_is_named(nobody):
    said = nobody("whoami", SLUICE_URL="http://127.0.0.1:1", SLUICE_TOKEN="slc_x")

    assert said.exit_code == 1
    assert "http://127.0.0.1:1 does not answer" in said.output


def test_a_token_is_shown_once_listed_and_revoked(terminal):
    mia = terminal("mia")
    made = json.loads(mia("token", "create", "bot", "--scope", "read", "--days", "7", "--json").output)

    assert mia("whoami", SLUICE_TOKEN=made["token"]).output.startswith("mia")
    assert made["token"] not in mia("token", "list").output
    assert f"slc_{made['prefix']}" in mia("token", "list").output
    assert mia("token", "revoke", str(made["id"])).exit_code == 0
    assert mia("whoami", SLUICE_TOKEN=made["token"]).exit_code == 4


def test_a_new_token_alone_goes_to_a_program(terminal):
    said = terminal("mia")("token", "create", "bot")

    assert said.output.splitlines()[0].startswith("slc_")


def test_an_admin_adds_people_and_locks_them_out(terminal):
    root, word = terminal("root"), "a long enough word"

    added = root("user", "add", "nia", "--role", "viewer", "--email", "n@example.com", "--password-stdin", typed=word)

    assert added.exit_code == 0, added.output
    assert "nia" in root("user", "list").output
    assert root("user", "change", "nia", "--disable").output == "nia may not sign in.\n"
    assert "may not sign in" in root("user", "list").output
    assert root("user", "change", "nia").exit_code == 2


def test_nobody_else_adds_people(terminal):
    said = terminal("mia")("user", "add", "nia", "--password-stdin", typed="a long enough word")

    assert said.exit_code == 4


def test_a_short_password_is_a_mistake_of_the_caller(terminal):
    said = terminal("root")("user", "add", "nia", "--password-stdin", typed="short")

    assert said.exit_code == 2
    assert "12 characters" in said.output


def test_without_a_person_a_password_has_to_come_from_standard_input(terminal):
    said = terminal("root")("user", "add", "nia")

    assert said.exit_code == 2
    assert "--password-stdin" in said.output
