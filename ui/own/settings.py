"""The left side of the Own network page: what there is to give."""

from __future__ import annotations

import streamlit as st

from malt_core.own_network.apart import limits
from ui.own import glossary
from ui.own.work import Given


def own_settings() -> Given | None:
    """Draw the form; what it holds when its button is pressed, None otherwise."""
    with st.form("own", border=False, enter_to_submit=False):
        file = st.file_uploader(
            f"Weights, up to {limits().file_mb:,} MB",
            key="own_weights",
            help=glossary.WEIGHTS,
            max_upload_size=limits().file_mb,
        )
        arch = st.text_input("Architecture", key="own_arch", placeholder="timm/resnet18", help=glossary.ARCH)
        classes = st.text_area("Names of the classes", key="own_classes", height=100, help=glossary.CLASSES)
        size = st.text_input("Size of its pictures", key="own_size", placeholder="224", help=glossary.SIZE)
        with st.expander("Normalisation, and a picture to try", key="own_more"):
            mean = st.text_input("Mean", key="own_mean", placeholder="0.485 0.456 0.406", help=glossary.MEAN)
            std = st.text_input("Std", key="own_std", placeholder="0.229 0.224 0.225", help=glossary.STD)
            picture = st.file_uploader(
                "A picture that it should name rightly", key="own_picture", help=glossary.PICTURE
            )
            label = st.text_input("What it shows", key="own_label", help=glossary.LABEL)
        pressed = st.form_submit_button("Check it", type="primary", width="stretch", key="own_start")
    st.caption(glossary.PRIVATE)
    if not pressed:
        return None
    return Given(
        data=file.getvalue() if file is not None else b"",
        name=file.name if file is not None else "",
        arch=arch,
        classes=classes,
        size=size,
        mean=mean,
        std=std,
        picture=picture.getvalue() if picture is not None else b"",
        picture_name=picture.name if picture is not None else "",
        label=label,
    )
