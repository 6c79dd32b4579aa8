"""Published figures: shown for the model, norm and eps that they are of, and no others."""

from __future__ import annotations

import json

import pytest

from malt_core.comparison import refresh
from malt_core.comparison.published import BEST_KNOWN, FILE, all_published, published, published_of
from malt_core.comparison.words import published_short
from malt_core.models.catalogue import list_models

WANG = "robustbench/cifar100/Linf/Wang2023Better_WRN-"


@pytest.mark.parametrize(
    ("name", "clean", "autoattack", "malt"),
    [("28-10", 0.7258, 0.3883, 0.3877), ("70-16", 0.7522, 0.4267, 0.4266)],
)
def test_the_two_models_of_the_paper(name, clean, autoattack, malt):
    found = published(WANG + name, "linf", 8 / 255)
    assert (found.clean, found.images) == (pytest.approx(clean), 10_000)
    figures = {figure.attack: figure for figure in found.robust}
    assert figures.keys() == {"AutoAttack", "MALT"}
    assert figures["AutoAttack"].accuracy == pytest.approx(autoattack)
    assert figures["MALT"].accuracy == pytest.approx(malt)
    assert "2407.02240" in figures["MALT"].source
    assert "robustbench" in figures["AutoAttack"].source


def test_malts_figure_is_the_best_known_of_those():
    rows = {row["id"]: row for row in json.loads(FILE.read_text(encoding="utf-8"))}
    for name in ("28-10", "70-16"):
        row = rows[f"cifar100/Linf/Wang2023Better_WRN-{name}"]
        found = published(WANG + name, "linf", 8 / 255)
        assert min(figure.accuracy for figure in found.robust) == pytest.approx(float(row["robust"]) / 100)


@pytest.mark.parametrize(
    ("model", "norm", "eps"),
    [
        (WANG + "28-10", "linf", 4 / 255),
        (WANG + "28-10", "l2", 8 / 255),
        ("robustbench/cifar10/corruptions/Diffenderfer2021Winning_LRR", "linf", 8 / 255),
        ("autoattack/resnet18-cifar10", "linf", 8 / 255),
        ("nobody/knows", "linf", 8 / 255),
    ],
)
def test_nothing_for_another_ball_or_model(model, norm, eps):
    assert published(model, norm, eps) is None


def test_the_eps_of_a_report_need_not_be_exact():
    assert published(WANG + "28-10", "linf", 0.031372549) is not None


def test_other_models_have_the_best_known_figure():
    found = published("robustbench/cifar10/L2/Wang2023Better_WRN-28-10", "l2", 0.5)
    assert (found.clean, found.images) == (pytest.approx(0.9516), 10_000)
    assert [(figure.attack, figure.accuracy) for figure in found.robust] == [
        (BEST_KNOWN, pytest.approx(0.8368))
    ]
    assert published("robustbench/imagenet/Linf/Standard_R50", "linf", 4 / 255).images == 5_000


def test_the_file_is_that_of_the_installed_robustbench():
    rows = refresh.robustbench_rows()
    assert json.loads(FILE.read_text(encoding="utf-8")) == rows
    listed = {f"robustbench/{row['id']}" for row in rows}
    ours = {info.id for info in list_models("robustbench/*") if "/corruptions/" not in info.id}
    assert listed == ours
    assert all(0 <= float(row["robust"]) <= float(row["clean"]) <= 100 for row in rows)


def test_figures_beside_a_name_and_the_order_of_names():
    found = published_of(WANG + "28-10")
    assert published_short(found) == "72.6% right, 38.8% under attack at 8/255"
    assert published_short(published_of("robustbench/cifar10/L2/Rice2020Overfitting")).endswith("at 0.5 (L2)")
    assert published_of("tiny-imagenet/robust") is None
    listed = [known for known in all_published() if known.model.startswith("robustbench/cifar10/Linf/")]
    assert [known.lowest for known in listed] == sorted((known.lowest for known in listed), reverse=True)
    assert len(all_published()) == len(refresh.robustbench_rows())
