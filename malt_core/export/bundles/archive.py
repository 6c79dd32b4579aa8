"""The members of a ZIP file that somebody handed over: checked by its list before anything is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection

from malt_core.errors import BadConfig

MOST_BYTES = 40_000_000  # of the file
MOST_UNPACKED = 60_000_000  # of all members together
MOST_TEXT = 8_000_000  # of a member that is JSON
RATIO, SMALL = 150, 100_000  # curves shrink to a tenth; what is small may shrink as it likes
_END = struct.Struct("<4s4H2LH")  # the record that closes a ZIP file, without a comment
_LIST = 10_000  # bytes that the list of so few members takes at most
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def members_of(data: bytes, where: str, allowed: Collection[str]) -> dict[str, bytes]:
    """Return the members of a ZIP file by name. where: the file, for messages.

    Raises BadConfig for a file that is none or is damaged, for members that are not `allowed`, come twice or
    are links, and for more or larger ones than a bundle has.
    """
    _check_end(data, where, len(allowed))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_list(infos, where, allowed)
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error):
        raise _damaged(where) from None
    except (NotImplementedError, RuntimeError, ValueError):  # ways to pack and lock that bundles do not use
        raise BadConfig(f"{where} is packed in a way that no bundle is: {_AGAIN}") from None


_AGAIN = "ask for the file again, or write it anew with `malt attack --formats malt`."


def _damaged(where: str) -> BadConfig:
    return BadConfig(f"{where} is damaged or incomplete: {_AGAIN}")


def _check_end(data: bytes, where: str, most: int) -> None:
    """Raise unless the file ends as a small ZIP file does; its list of members is not read before that."""
    if not data:
        raise BadConfig(f"{where} is empty (0 bytes): {_AGAIN}")
    if len(data) > MOST_BYTES:
        raise BadConfig(f"{where} has over {MOST_BYTES / 1e6:.0f} MB, more than any bundle has.")
    if not data.startswith(b"PK\x03\x04"):
        raise BadConfig(f"{where} is no bundle of `malt attack`: it is no ZIP file.")
    if len(data) < _END.size or data[-_END.size :][:4] != b"PK\x05\x06":
        raise _damaged(where)
    _, _, _, here, members, length, _, _ = _END.unpack(data[-_END.size :])
    if members > most or here != members or length > _LIST or data[-42:-38] == b"PK\x06\x07":
        raise BadConfig(f"{where} lists {members:,} members, more than the {most} that a bundle can have.")


def _check_list(infos: list[zipfile.ZipInfo], where: str, allowed: Collection[str]) -> None:
    names = [info.orig_filename for info in infos]
    for name in names:
        if name not in allowed:
            shown = "".join(sign if sign.isprintable() else "?" for sign in name[:60])
            raise BadConfig(f"{where} holds “{shown}”, which is no part of a bundle, so it is not opened.")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadConfig(f"{where} holds {twice} twice, so that nobody can tell which is meant.")
    for info in infos:
        if stat.S_ISLNK(info.external_attr >> 16):
            raise BadConfig(f"{where} holds {info.filename} as a link, which bundles do not have.")
        if info.flag_bits & 1 or info.compress_type not in _PACKED:
            raise BadConfig(f"{where} is packed in a way that no bundle is: {_AGAIN}")
        most = MOST_TEXT if info.filename.endswith(".json") else MOST_UNPACKED
        if info.file_size > most:
            raise BadConfig(
                f"In {where}, {info.filename} has {info.file_size:,} bytes; {most:,} are the most."
            )
        if info.file_size > SMALL and info.file_size > RATIO * info.compress_size:
            raise BadConfig(
                f"In {where}, {info.filename} unpacks to over {RATIO} times its size, as no run does."
            )
    if sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise BadConfig(f"{where} unpacks to over {MOST_UNPACKED / 1e6:.0f} MB, more than any bundle has.")
