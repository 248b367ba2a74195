"""One function per figure: a frame in, a `plotly.graph_objects.Figure` out; its title states what the data show."""
