"""Where the app is found: in this checkout, and where a wheel carries it. See tests/test_packaging.py too."""

from pathlib import Path

from malt_core.storage import assets

ROOT = Path(__file__).resolve().parents[2]


def test_in_a_checkout_they_lie_beside_the_package():
    assert assets.app_folder() == ROOT
    assert assets.assets_folder() == ROOT / "assets"


def test_in_a_wheel_they_lie_inside_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "CARRIED", tmp_path)
    (tmp_path / "app.py").touch()
    assert assets.app_folder() == tmp_path
    assert assets.assets_folder() == tmp_path / "assets"
