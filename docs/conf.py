"""How Sphinx builds the documents: `make docs`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python" / "tools"))

import reference  # noqa: E402 - stands beside the other tools

import sequence._core  # noqa: E402

reference.write_all(ROOT / "docs" / "reference")

project = "sequence"
author = "the authors of sequence"
version = release = sequence._core.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["pictures"]
html_theme = "furo"
html_title = f"sequence {release}"
html_static_path: list[str] = []
# Everything is written into the pages: they open from a disk, and load nothing from elsewhere.
html_show_sphinx = False
html_copy_source = False
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
# Docstrings of this project say code with single backticks, as Markdown does.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
