from __future__ import annotations

from pathlib import Path

import pytest

from xinfeng.foundation.settings import SettingsFault, read


def test_without_variables_there_are_defaults() -> None:
    settings = read({})
    assert (settings.host, settings.port, settings.time_zone) == ("127.0.0.1", 8000, "Asia/Shanghai")
    assert settings.database_url is None
    assert settings.dsn().startswith("postgresql://postgres@/xinfeng?host=/tmp/xinfeng-")


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(SettingsFault) as caught:
        read(
            {
                "XINFENG_HTTP": "here",
                "XINFENG_TIME_ZONE": "Mars/Olympus",
                "XINFENG_CIPHER": "ROT13",
                "XINFENG_LENS_MEMORY_MB": "-1",
                "XINFENG_DATABASE_URL": "mysql://x",
                "XINFENG_TYPO": "1",
            }
        )
    assert len(caught.value.faults) == 6
    assert any("XINFENG_TYPO" in fault for fault in caught.value.faults)


def test_a_given_database_is_used_by_django_too() -> None:
    settings = read({"XINFENG_DATABASE_URL": "postgresql://me:p%40ss@db.local:5433/shop?sslmode=require"})
    database = settings.django_database()
    assert (database["NAME"], database["USER"], database["PASSWORD"]) == ("shop", "me", "p@ss")
    assert (database["HOST"], database["PORT"], database["OPTIONS"]) == (
        "db.local",
        "5433",
        {"sslmode": "require"},
    )


def test_socket_paths_stay_short_in_deep_folders() -> None:
    settings = read({"XINFENG_DATA": "/" + "很深的文件夹/" * 40})
    assert len(str(settings.door_socket).encode()) < 100


def test_the_signing_secret_is_made_once(tmp_path: Path) -> None:
    settings = read({"XINFENG_DATA": str(tmp_path)})
    assert settings.secret_key() == settings.secret_key()
    assert len(settings.secret_key()) > 40


@pytest.mark.parametrize(
    ("given", "trusted"),
    [
        ({}, ()),
        ({"XINFENG_HTTPS": "yes"}, ("127.0.0.1", "::1")),
        (
            {"XINFENG_HTTPS": "yes", "XINFENG_PROXIES": "10.0.0.0/8, 192.0.2.7"},
            ("10.0.0.0/8", "192.0.2.7/32"),
        ),
    ],
)
def test_only_proxies_that_were_named_are_believed(given: dict[str, str], trusted: tuple[str, ...]) -> None:
    assert read(given).trusted_proxies == trusted


def test_a_proxy_is_an_address_or_a_network() -> None:
    with pytest.raises(SettingsFault, match="XINFENG_PROXIES"):
        read({"XINFENG_PROXIES": "*"})
