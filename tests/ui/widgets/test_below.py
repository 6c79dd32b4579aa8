"""What stands below the first screen, without a browser: it waits until one has drawn what is above."""

from __future__ import annotations

from tests.helpers.pages import open_app, texts

HEADLINE, BELOW = "became", "The numbers behind it"


def test_the_rest_waits_for_the_first_screen():
    app = open_app(drawn=False)
    assert HEADLINE in texts(app)
    assert BELOW not in texts(app)
    assert BELOW in texts(open_app())
