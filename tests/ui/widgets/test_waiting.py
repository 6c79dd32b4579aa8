"""A place in the line, in words."""

from ui.widgets.waiting import waiting_sentence


def test_a_place_in_the_line() -> None:
    assert "next" in waiting_sentence(0)
    assert waiting_sentence(1).startswith("1 attack is ahead")
    assert waiting_sentence(2).startswith("2 attacks are ahead")


def test_a_place_among_races_and_evaluations() -> None:
    assert "yours is next" in waiting_sentence(0, long=True)
    assert waiting_sentence(1, long=True).startswith("1 other waits")
    assert waiting_sentence(3, long=True).startswith("3 others wait")
