"""The photographs of a site: what anybody may publish, and small."""

from __future__ import annotations

from malt_core.images.gallery import find_photo
from malt_core.models.catalogue import DEFAULT_MODEL, model_info
from malt_core.portable.photos import DEFAULT, site_photo


def test_those_by_default_may_be_published_and_are_of_known_classes() -> None:
    info = model_info(DEFAULT_MODEL)
    for id in DEFAULT:
        assert "licence unknown" not in find_photo(id).credit
        photo = site_photo(f"gallery:{id}", 0, [info])
        assert photo.truth[info.id]
        assert photo.credit
        assert len(photo.data) < 200_000
