"""Make the article examples/blog/index.html from the app's exports: `python -m scripts.make_blog_article`.

Its curves and numbers are those of the stored examples of the Linearity and Targets pages; the film and the
player are of one attack, which is run here. The words are scripts/blog_article.html. Whatever changes in the
examples changes the article's numbers, and `_check` refuses where its words would no longer be true.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path
from string import Template

from malt_core import formatting
from malt_core.attack_run import story, words
from malt_core.attack_run.record import record_of
from malt_core.attack_run.run import attack_and_measure
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import AttackConfig
from malt_core.epsilon import Epsilon
from malt_core.explanations import straightness_words
from malt_core.explanations import words as explanation_words
from malt_core.explanations.straightness_figures import scale_rows, scales_figure
from malt_core.explanations.straightness_summary import summary
from malt_core.explanations.straightness_types import Straightness
from malt_core.export import records
from malt_core.export.formats import published
from malt_core.export.take_away import Taken, of_figure
from malt_core.images.gallery import GALLERY, true_classes
from malt_core.images.sources import open_sample
from malt_core.linearity.scale_names import MACROSCOPIC, MESOSCOPIC, MICROSCOPIC, SCALE_TITLES
from malt_core.models.loaders import load_model
from malt_core.networks import network_info
from malt_core.printing.look import DARK, LIGHT, NARROW
from malt_core.printing.saving import svg_bytes
from malt_core.storage.whole_files import write_whole
from ui.attack.example import stored_example
from ui.linearity.example import stored_linearity
from ui.targets.example import stored_targets

FOLDER = Path(__file__).parents[1] / "examples" / "blog"
TEMPLATE = Path(__file__).with_name("blog_article.html")
ROBUST, STANDARD = "tiny-imagenet/robust", "tiny-imagenet/standard"
PHOTO, EPS = "gallery:espresso", 20 / 255
"""Of the attack that is filmed: as far as the robust network must be pushed."""
COLUMN = (8.0, 4.8)  # inches: of the article's column, so that words have their size
LOOKS = {
    "": replace(LIGHT, size=COLUMN),
    "-dark": replace(DARK, size=COLUMN),
    "-narrow": NARROW,
    "-narrow-dark": replace(DARK, size=NARROW.size),
}


def attacked() -> AttackRun:
    """Run the attack that is filmed."""
    model = load_model(ROBUST)
    sample = open_sample(PHOTO, model.info.size, crop="centre")
    *_, run = attack_and_measure(model, sample, AttackConfig(eps=EPS), crop="centre", source=PHOTO)
    assert isinstance(run, AttackRun)
    return run


def scales(found: Straightness) -> Taken:
    """The three scales of one network, as the Linearity page gives them away."""
    there = [scale for reach in SCALE_TITLES if (scale := found.scale(reach))]
    return of_figure(
        scales_figure(there),
        name=f"scales-{found.model.rpartition('/')[2]}",
        title="The margin and its straight line at three scales",
        about=f"{records.network(found.model)}; one image, ε = {Epsilon(found.eps, found.norm)}.",
        rows=scale_rows(there),
        alt=straightness_words.headline(found) or "",
    )


def figure(taken: Taken) -> str:
    """Write a figure in all looks, and return the markup that lets the browser choose among them."""
    assert taken.draw is not None
    for end, look in LOOKS.items():
        write_whole(FOLDER / f"{taken.name}{end}.svg", svg_bytes(taken.draw(look)))
    dark, narrow = "(prefers-color-scheme: dark)", "(max-width: 640px)"
    sources = (
        (f"{narrow} and {dark}", "-narrow-dark"),
        (narrow, "-narrow"),
        (dark, "-dark"),
    )
    lines = [f'<source media="{media}" srcset="{taken.name}{end}.svg">' for media, end in sources]
    alt = escape(f"{taken.title}. {taken.alt}", quote=True)
    lines.append(f'<img src="{taken.name}.svg" alt="{alt}">')
    return "\n".join(["<picture>", *lines, "</picture>"])


def _off(found: Straightness, reach: float) -> str:
    scale = found.scale(reach)
    assert scale is not None
    return straightness_words.share(scale.deviation)


def _row(found: Straightness) -> str:
    cells = "".join(f"<td>{_off(found, reach)}</td>" for reach in SCALE_TITLES)
    return f'<tr><th scope="row">{escape(network_info(found.model).title)}</th>{cells}</tr>'


def _crossing(found: Straightness) -> str:
    at = summary(found).true
    assert at is not None
    return formatting.length(at * found.eps, found.norm)


def _check(run: AttackRun, robust: Straightness, standard: Straightness) -> None:
    """Refuse to write what would not be true."""
    assert run.result.success
    assert not stored_example("robust").snapshot.record.success
    assert run.linearity is not None
    assert robust.target == run.linearity.target
    assert run.linearity.true_crossing is not None
    assert abs(run.linearity.true_crossing - run.linearity.predicted_crossing) < 0.1
    assert robust.scale(MESOSCOPIC).deviation < 0.1 < standard.scale(MESOSCOPIC).deviation
    assert robust.scale(MACROSCOPIC).deviation > 0.3
    assert standard.scale(MICROSCOPIC).deviation < 0.05
    distances = stored_targets().distances
    assert distances.correlation > distances.confidence_correlation + 0.2


def words_of(run: AttackRun) -> dict[str, str]:
    """Every number and name that the article mentions, as markup."""
    found = {one.model: one for one in stored_linearity().found}
    robust, standard = found[ROBUST], found[STANDARD]
    _check(run, robust, standard)
    record, distances = record_of(run), stored_targets().distances
    info, line = run.model, run.linearity
    label, target = info.classes[run.result.label], info.classes[line.target]
    truth = true_classes(PHOTO.removeprefix(GALLERY), info)
    text = {
        "pixels": str(info.size[0]),
        "classes": str(len(info.classes)),
        "others": str(len(info.classes) - 1),
        "label": label,
        "target": target,
        "clean": formatting.percent(run.result.clean_confidence),
        "network": records.network(ROBUST),
        "network_standard": records.network(STANDARD),
        "size": str(run.config.epsilon),
        "credit": words.credit(run),
        "predicted": f"{line.predicted_crossing:.0%}",
        "crossing": f"{line.true_crossing:.0%}",
        "story": f"{story.headline(record, truth)} {story.told(record, truth)}",
        "video_alt": f"A film: the photograph turns into the changed picture, while the lead of “{label}” "
        f"over “{target}” falls below zero, close to a straight line.",
        "player_title": f"Interactive: from “{label}” to “{target}”, picture by picture",
        "eps": str(Epsilon(robust.eps, robust.norm)),
        "eps_steps": f"{robust.eps * 255:g}",
        "robust_micro": _off(robust, MICROSCOPIC),
        "robust_meso": _off(robust, MESOSCOPIC),
        "robust_macro": _off(robust, MACROSCOPIC),
        "clipped": straightness_words.share(robust.scale(MACROSCOPIC).clipped),
        "standard_meso": _off(standard, MESOSCOPIC),
        "robust_crossing": _crossing(robust),
        "standard_crossing": _crossing(standard),
        "measured": str(len(distances.distances)),
        "error": explanation_words.error(distances),
        "malt_correlation": f"{distances.correlation:.2f}",
        "naive_correlation": f"{distances.confidence_correlation:.2f}",
    }
    markup = {
        "scales_robust": figure(scales(robust)),
        "scales_standard": figure(scales(standard)),
        "distances": figure(replace(records.distances(distances), name="distances")),
        "table": "\n".join(_row(one) for one in found.values()),
    }
    return {name: escape(value) for name, value in text.items()} | markup


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    run = attacked()
    files = published(run, true_classes(PHOTO.removeprefix(GALLERY), run.model), ["mp4"])
    for name, content in files.items():
        if content is not None:
            write_whole(FOLDER / {"figure.html": "player.html"}.get(name, name), content)
    page = Template(TEMPLATE.read_text("utf-8")).substitute(words_of(run))
    write_whole(FOLDER / "index.html", page)
    for file in sorted(FOLDER.iterdir()):
        print(f"{file.stat().st_size / 1000:6.0f} kB  {file.name}")


if __name__ == "__main__":
    main()
