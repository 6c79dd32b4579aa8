"""RobustBench's networks, with what is published of them: which one would be worth evaluating."""

from __future__ import annotations

import streamlit as st

from malt_core.comparison.published import ROBUSTBENCH, all_published
from malt_core.models.providers.robustbench_zoo import DATASETS
from ui.benchmark import glossary

TALLEST = 400  # pixels of the table


@st.fragment
def show_zoo() -> None:
    """A table that is folded away: the networks of one test set and room, the most robust first.

    It is drawn when it is opened: tables are megabytes of program.
    """
    with st.expander("Networks that RobustBench has measured", key="zoo", on_change="rerun") as place:
        if not place.open:
            return
        tables: dict[str, list[dict]] = {}
        for known in all_published():
            row = {
                "network": known.model.rpartition("/")[2].replace("_", " "),
                "right (%)": 100 * known.clean,
                "under attack (%)": 100 * known.lowest,
                "id": known.model,
            }
            title = f"{DATASETS[known.dataset]}, {known.images:,} images, ε = {known.epsilon}"
            tables.setdefault(title, []).append(row)
        chosen = st.selectbox("Test set and room for the attack", list(tables), key="zoo_table")
        number = st.column_config.NumberColumn
        st.dataframe(
            tables[chosen],
            hide_index=True,
            height=TALLEST,
            column_config={
                "network": st.column_config.TextColumn(pinned=True),
                "right (%)": number(help=glossary.CLEAN, format="%.1f"),
                "under attack (%)": number(help=glossary.PUBLISHED, format="%.1f"),
            },
            alt="Networks of RobustBench with their published accuracies, the most robust first",
        )
        st.caption(f"{glossary.ZOO} Source: <{ROBUSTBENCH}>.")
