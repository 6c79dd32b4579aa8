"""Figures as pictures and drawings: what a page draws with Plotly, drawn by matplotlib without a browser."""
