"""Safety events: what is judged, what was recognised, and what people do about it."""
