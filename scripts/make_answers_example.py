"""Compute the run that the Answers page opens with: `python -m scripts.make_answers_example`."""

from __future__ import annotations

import json
from typing import Any

from malt_core.answers import words
from malt_core.images.gallery import find_photo
from malt_core.networks import load_network, network_info
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole
from ui.answers import work
from ui.answers.example import FILE, StoredAnswers
from ui.answers.link import AnswersSettings
from ui.pictures.picture import gallery_picture

SETTINGS = AnswersSettings.opening()
DIGITS = 6  # that each number keeps


def compute(settings: AnswersSettings) -> StoredAnswers:
    """What the page draws of these settings, computed by the page's own job."""
    picture = gallery_picture(settings.photo, network_info(settings.model).size, settings.crop)
    events: list[Any] = []
    for event in work.answers(settings, picture)(load_network(settings.model)):
        events.append(event)
        if len(events) % 50 == 0 and (known := work.known(events, settings, picture.name)):
            print(f"\r{words.progress(known.record)[0]}  ", end="", flush=True)
    print()
    found = work.known(events, settings, picture.name)
    assert found is not None
    return StoredAnswers(settings, found)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: value[key] if key == "settings" else _rounded(value[key]) for key in value}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    assert find_photo(SETTINGS.photo).licence not in ("", "none stated"), "may it be passed on?"
    stored = _rounded(plain(compute(SETTINGS)))
    stored["known"]["record"]["eps"] = SETTINGS.epsilon.value  # whole steps stay whole
    write_whole(FILE, json.dumps(stored, ensure_ascii=False, separators=(",", ":")))
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
