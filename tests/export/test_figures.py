"""A table as CSV."""

from __future__ import annotations

import csv
import io

from malt_core.export.figures import csv_text


def test_a_table_keeps_every_digit_and_leaves_out_what_is_not_known():
    rows = [{"t": 0.1 + 0.2, "kind": 'a "b", c'}, {"t": None, "more": 2}]
    read = list(csv.DictReader(io.StringIO(csv_text(rows))))
    assert float(read[0]["t"]) == 0.1 + 0.2
    assert read[0]["kind"] == 'a "b", c'
    assert read[1] == {"t": "", "kind": "", "more": "2"}
