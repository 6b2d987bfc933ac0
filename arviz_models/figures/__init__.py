"""Arrays in, figure out: Matplotlib for what is exported, Plotly for charts that are read."""
