"""A .malt file that was dropped on the page: the stored run again, without attacking."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import streamlit as st
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from malt_core.attack_run import story
from malt_core.attack_run.words import visibility
from malt_core.epsilon import Epsilon
from malt_core.errors import MaltError
from malt_core.export.bundles.read import Bundle, looks_like_bundle, read_bundle
from malt_core.export.commands import recorded_config
from malt_core.images.gallery import GALLERY, true_classes
from malt_core.networks import network_info
from ui.attack import work
from ui.attack.downloads import take_away
from ui.attack.film import show_film
from ui.attack.job import drawn
from ui.attack.link import AttackSettings
from ui.attack.question import forget_told
from ui.attack.result import show_details
from ui.pictures import picker
from ui.pictures.picture import UPLOAD
from ui.widgets import form
from ui.widgets.below import draw_below
from ui.widgets.caution import Said, show_caution
from ui.widgets.markdown import plain
from ui.widgets.player import show_player


def instead(photo: str, trouble: str) -> tuple[Bundle | None, str]:
    """Return the stored run in a file that is no picture, and what is wrong with the file, "" for nothing.

    trouble: why it is no picture.
    """
    file = picker.own_file(photo)
    if not trouble or photo != UPLOAD or file is None or not looks_like_bundle(file.getvalue(), file.name):
        return None, trouble
    state = st.session_state
    if state.get("bundle_of") != file.file_id:
        try:
            state.bundle = read_bundle(file.getvalue(), file.name), ""
        except MaltError as error:
            state.bundle = None, str(error)
        state.bundle_of = file.file_id
    return state.bundle


def show_opened(bundle: Bundle) -> None:
    """Draw the stored run."""
    snapshot, record = bundle.snapshot, bundle.snapshot.record
    settings = _settings(bundle)
    truth = None
    if settings is not None and record.image.source.startswith(GALLERY):
        truth = true_classes(settings.photo, network_info(settings.model))
    with st.container(horizontal=True, vertical_alignment="center", key="stored_run"):
        st.info(_what(bundle), icon=":material/inventory_2:")
        if settings is not None:
            st.button(
                "Attack again",
                icon=":material/bolt:",
                key="attack_stored",
                help="The same picture with the same settings, computed before your eyes.",
                on_click=_attack_again,
                args=(bundle, settings),
            )
    st.subheader(plain(story.headline(record, truth)), anchor=False)
    show_caution(
        [Said(record.flags, record.second_opinion)], images=1, what="picture", left=not record.success
    )
    st.markdown(plain(story.told(record, truth)))
    show_player(snapshot.player, key=f"opened-{snapshot.player['id']}")
    credit = f" Photo: {plain(record.image.credit)}." if record.image.credit else ""
    st.caption(f"{visibility(record)}{credit}")

    def rest() -> None:
        show_details(snapshot)
        take_away(snapshot, UPLOAD, drawn(bundle.run, truth), film, text=bundle.text, bundle=bundle.data)

    def film(stem: str) -> None:
        key = work.film_key(hashlib.sha256(bundle.data).hexdigest(), truth)
        show_film(key, stem, load=lambda _report: None, film=work.film(bundle.run, None, truth))

    draw_below("attack", rest)


def _what(bundle: Bundle) -> str:
    """Return what is shown, in Markdown."""
    record = bundle.snapshot.record
    radius = Epsilon(record.eps, record.norm)
    told = (
        f"A stored run of MALT Lab {bundle.manifest.malt_lab} on {record.image.name}: {record.model}, "
        f"ε = {radius}. Pictures, curves and numbers are the stored ones; nothing was attacked now."
    )
    if bundle.other_weights:
        told += " The network of that name has other weights here."
    return plain(told)


def _settings(bundle: Bundle) -> AttackSettings | None:
    """Return the settings that repeat the run here, None where there is no such network, photo or setting."""
    record = bundle.snapshot.record
    source, config = record.image.source, recorded_config(record)
    mine = not source.startswith(GALLERY)
    settings = AttackSettings(
        model=record.model,
        norm=record.norm,
        eps=Epsilon(record.eps, record.norm).number,
        photo=UPLOAD if mine else source.removeprefix(GALLERY),
        crop="centre" if mine else record.image.crop,
        targets=config.n_targets,
        steps=record.n_iter,
        targeting=record.targeting,
        target=record.aim and record.aim.index,
        budget="published" if record.faithful else "frugal",
        check="always" if record.check else "flagged",
        seed=record.seed,
    )
    try:
        again = AttackSettings.read(settings.write())
        same = replace(settings.config, eps=config.eps) == config  # a page has not every setting
    except MaltError:
        return None
    return settings if same and again.settings == settings and not again.complaints else None


def _attack_again(bundle: Bundle, settings: AttackSettings) -> None:
    """Choose picture and settings of the stored run, and attack; for callbacks."""
    snapshot = bundle.snapshot
    forget_told()
    form.fill(replace(settings, truth=None))
    if settings.photo == UPLOAD:
        id = f"stored-{snapshot.record.image.sha256}"
        about = UploadedFileRec(id, snapshot.name, "application/octet-stream", bundle.original_file)
        picker.put_back(UPLOAD, UploadedFile(about, FileURLs()))
    st.session_state.attack_now = True
