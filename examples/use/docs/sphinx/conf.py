"""Sphinx with the theme Furo, which knows the classes only-light and only-dark."""

project = "Our network"
html_theme = "furo"
