"""Puts the firmware onto boards."""
