"""What the face is told from outside: read once, refused in one sentence when it is unsafe."""

import stat

import pytest

from web.settings import UnsafeSettings, from_environment

PLATFORM = """\
tenants: {retail: {}}
clusters: {az1: {}}
apps: {shop: {tenant: retail, repository: https://git.example.com/shop.git}}
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "platform.yaml").write_text(PLATFORM)
    return tmp_path


def test_a_home_with_a_platform_is_enough(home):
    settings = from_environment({"SLUICE_HOME": str(home)})

    assert settings.database_url == f"sqlite:///{home}/sluice.db"
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.redis_url is None
    assert list(settings.platform.apps) == ["shop"]


def test_the_secret_is_made_once_and_for_us_alone(home):
    first = from_environment({"SLUICE_HOME": str(home)})
    second = from_environment({"SLUICE_HOME": str(home)})

    assert first.secret == second.secret
    assert len(first.secret) == 64
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"SLUICE_BASE_URL": "http://sluice.example.com"}, "passwords need https"),
        ({"SLUICE_BASE_URL": "http://0.0.0.0:8080"}, "passwords need https"),
        ({"SLUICE_BASE_URL": "sluice.example.com"}, "write it like https"),
        ({"SLUICE_BASE_URL": "ftp://sluice.example.com"}, "write it like https"),
        ({"SLUICE_BASE_URL": "https://me:pw@sluice.example.com"}, "write it like https"),
        ({"SLUICE_BASE_URL": "https://example.com/sluice"}, "a host of its own"),
        ({"SLUICE_BASE_URL": "https://example.com/?a=b"}, "a host of its own"),
        ({"REDIS_URL": "redis://redis.example.com:6379/0"}, "without a password"),
        ({"SLUICE_PLATFORM": "/nowhere/platform.yaml"}, "sluice init"),
    ],
)
def test_unsafe_settings_are_refused(home, environ, words):
    with pytest.raises(UnsafeSettings, match=words):
        from_environment({"SLUICE_HOME": str(home), **environ})


@pytest.mark.parametrize(
    "environ",
    [
        {"SLUICE_BASE_URL": "https://sluice.example.com/"},
        {"SLUICE_BASE_URL": "http://localhost:8000"},
        {"SLUICE_BASE_URL": "http://[::1]:8000"},
        {"REDIS_URL": "redis://127.0.0.1:6379/0"},
        {"REDIS_URL": "redis://:word@redis.example.com:6379/0"},
        {"REDIS_URL": "unix:///run/redis.sock"},
    ],
)
def test_safe_settings_are_taken(home, environ):
    assert from_environment({"SLUICE_HOME": str(home), **environ})


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_secret_that_others_can_read_is_refused(home, mode):
    from_environment({"SLUICE_HOME": str(home)})
    (home / "secret").chmod(mode)

    with pytest.raises(UnsafeSettings, match="chmod 600"):
        from_environment({"SLUICE_HOME": str(home)})


def test_a_short_secret_is_refused(home):
    (home / "secret").write_text("secret")
    (home / "secret").chmod(0o600)

    with pytest.raises(UnsafeSettings, match="fewer than 32"):
        from_environment({"SLUICE_HOME": str(home)})


def test_a_named_secret_is_read_anew_each_time(home):
    settings = from_environment({"SLUICE_HOME": str(home)})
    (home / "secrets").mkdir()
    path = home / "secrets" / "forge"
    path.touch(mode=0o600)
    path.write_text("one\n")
    assert settings.read_secret("forge") == b"one"
    path.write_text("two\n")
    assert settings.read_secret("forge") == b"two"


@pytest.mark.parametrize(("name", "words"), [("../secret", "no name"), ("", "no name"), ("gone", "no secret 'gone'")])
def test_only_named_secrets_are_read(home, name, words):
    with pytest.raises(UnsafeSettings, match=words):
        from_environment({"SLUICE_HOME": str(home)}).read_secret(name)


def test_a_named_secret_that_others_can_read_is_refused(home):
    (home / "secrets").mkdir()
    (home / "secrets" / "forge").write_text("x")
    (home / "secrets" / "forge").chmod(0o644)

    with pytest.raises(UnsafeSettings, match="0644"):
        from_environment({"SLUICE_HOME": str(home)}).read_secret("forge")


def test_all_names_of_this_machine_are_one_host(home):
    settings = from_environment({"SLUICE_HOME": str(home), "SLUICE_BASE_URL": "http://127.0.0.1:9000"})

    assert settings.hosts == {"127.0.0.1:9000", "localhost:9000", "[::1]:9000"}


def test_a_public_address_has_one_host(home):
    settings = from_environment({"SLUICE_HOME": str(home), "SLUICE_BASE_URL": "https://sluice.example.com"})

    assert settings.hosts == {"sluice.example.com"}
    assert settings.https
