"""Where the app and its data lie: in a checkout beside malt_core, in an installed wheel inside it.

A wheel may not put folders called `pages` or `ui` beside everybody's packages. So it carries all that belongs
to the app in one folder, malt_core/app (see pyproject.toml).
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CARRIED = PACKAGE / "app"


def app_folder() -> Path:
    """Return the folder that holds app.py, pages/, ui/, assets/ and .streamlit/."""
    return CARRIED if (CARRIED / "app.py").is_file() else PACKAGE.parent


def assets_folder() -> Path:
    """Return the folder of the files that are not code: networks, the player's page, examples, the icon."""
    return app_folder() / "assets"
