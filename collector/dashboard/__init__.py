"""The first pages: all equipment at a glance, one equipment over time."""
