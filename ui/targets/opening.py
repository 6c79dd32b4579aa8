"""Opening one of many images by itself: a click on its line shows its classes."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import streamlit as st
from PIL import Image
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import GALLERY_DATA, InMemoryData
from malt_core.explanations.types import OrdersOfImage
from ui.pictures import picker
from ui.pictures.picture import UPLOAD
from ui.targets.link import TargetsSettings
from ui.widgets import form


def opener(settings: TargetsSettings, data: InMemoryData, image: OrdersOfImage) -> Callable[[], None] | None:
    """What a click on the line of an image does, None where there is nothing to open."""
    record = next((record for record in data.content if record.index == image.index), None)
    if record is None or record.image is None:
        return None
    return partial(_open, data.path == GALLERY_DATA, record)


def _open(in_gallery: bool, record: Record) -> None:
    """Have the page show the classes of this image; for callbacks."""
    if in_gallery:
        form.put(TargetsSettings, "photo", record.name)
    else:
        form.put(TargetsSettings, "photo", UPLOAD)
        picker.put_back(UPLOAD, _as_file(record))
    st.session_state.view = "classes"
    st.session_state.targets_open = True


def _as_file(record: Record) -> UploadedFile:
    """The image as if it had been uploaded by itself."""
    data = record.image
    if isinstance(data, Image.Image):
        buffer = io.BytesIO()
        data.save(buffer, "PNG")
        data = buffer.getvalue()
    name = record.name.rpartition("/")[2]
    return UploadedFile(UploadedFileRec(f"many-{record.digest}", name, "", data), FileURLs())
